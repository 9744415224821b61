package video

// #cgo pkg-config: libavcodec libavfilter libavformat libavutil libswscale
// #cgo LDFLAGS: -Wl,--as-needed
// #include "ffmpeg.h"
import "C"

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// Versions names the FFmpeg release and libraries that are loaded:
// "FFmpeg 5.1.9 (libavutil 57.28.100, libavcodec 59.37.100, …)".
func Versions() string {
	number := func(v C.unsigned) string { return fmt.Sprintf("%d.%d.%d", v>>16, v>>8&255, v&255) }
	return fmt.Sprintf("FFmpeg %s (libavutil %s, libavcodec %s, libavformat %s, libavfilter %s, libswscale %s)",
		C.GoString(C.version_release()), number(C.version_util()), number(C.version_codec()),
		number(C.version_format()), number(C.version_filter()), number(C.version_scale()))
}

var captureLog = sync.OnceFunc(func() { C.log_capture() })

// enterFFmpeg silences FFmpeg and ties the goroutine to its thread, for which FFmpeg's
// error messages are kept, until the returned function is called.
func enterFFmpeg() (leave func()) {
	captureLog()
	runtime.LockOSThread()
	C.log_reset()
	return runtime.UnlockOSThread
}

// explain adds the first message that FFmpeg logged on this thread since enterFFmpeg:
// "Invalid data found when processing input" becomes "moov atom not found".
func explain(err error) error {
	if message := logged(); message != "" {
		return fmt.Errorf("%w (%s)", err, message)
	}
	return err
}

func logged() string { return C.GoString(C.log_first()) }

// noTime is AV_NOPTS_VALUE.
const noTime = math.MinInt64

func frameTime(f *astiav.Frame) int64     { return int64(C.frame_time(f.UnsafePointer())) }
func frameDuration(f *astiav.Frame) int64 { return int64(C.frame_duration(f.UnsafePointer())) }
func frameDamaged(f *astiav.Frame) bool   { return C.frame_damaged(f.UnsafePointer()) != 0 }

// fillFrame gives the frame a new buffer of its own and copies pixels into it. The format has
// one plane: grey (1 byte a pixel) or RGB (3).
func fillFrame(f *astiav.Frame, format astiav.PixelFormat, width, height int, pixels []byte) error {
	f.Unref()
	f.SetPixelFormat(format)
	f.SetWidth(width)
	f.SetHeight(height)
	if err := f.AllocBuffer(0); err != nil {
		return fmt.Errorf("allocate a frame of %d×%d: %w", width, height, err)
	}
	C.frame_fill(f.UnsafePointer(), (*C.uint8_t)(unsafe.Pointer(&pixels[0])), C.int(len(pixels)/height), C.int(height))
	return nil
}

// setOptions makes FFmpeg's dictionary; the caller frees it.
func setOptions(options map[string]string) (*astiav.Dictionary, error) {
	d := astiav.NewDictionary()
	for key, value := range options {
		if err := d.Set(key, value, 0); err != nil {
			d.Free()
			return nil, fmt.Errorf("set %s=%s: %w", key, value, err)
		}
	}
	return d, nil
}

var errNoMemory = errors.New("FFmpeg is out of memory")
