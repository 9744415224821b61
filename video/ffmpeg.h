// What go-astiav does not offer. Frames come as void*: its types are its own.
#ifndef VIDEOGAN_VIDEO_FFMPEG_H
#define VIDEOGAN_VIDEO_FFMPEG_H

#include <stdint.h>

// log_capture makes FFmpeg print nothing; each thread keeps the first error
// message since its last log_reset. go-astiav's own callback formats with vsprintf
// into 1024 bytes, which a long file name overflows.
void log_capture(void);
void log_reset(void);
const char *log_first(void);

// frame_time is the presentation time in the stream's time base, guessed from the
// decoding time where the container has no other. INT64_MIN: unknown.
int64_t frame_time(const void *frame);
// frame_duration is in the stream's time base, 0: unknown.
int64_t frame_duration(const void *frame);
// frame_damaged tells whether the decoder had to conceal errors.
int frame_damaged(const void *frame);
// frame_fill copies rows of row_bytes into plane 0 of a frame with a buffer.
void frame_fill(void *frame, const uint8_t *pixels, int row_bytes, int rows);

// versions are of the libraries that are loaded, as AV_VERSION_INT.
unsigned version_codec(void);
unsigned version_filter(void);
unsigned version_format(void);
unsigned version_scale(void);
unsigned version_util(void);
const char *version_release(void);

#endif
