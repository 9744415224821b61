#include "ffmpeg.h"

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libswscale/swscale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char first_message[512];

static void keep_first(void *context, int level, const char *format, va_list arguments)
{
	if (level > AV_LOG_ERROR || first_message[0])
		return;
	int prefix = 0;
	const AVClass *class = context ? *(AVClass **)context : NULL;
	const char *name = class && class->item_name ? class->item_name(context) : NULL;
	if (name && strcmp(name, "NULL") != 0)
		prefix = snprintf(first_message, sizeof first_message, "%s: ", name);
	if (prefix < 0 || prefix >= (int)sizeof first_message)
		prefix = 0;
	vsnprintf(first_message + prefix, sizeof first_message - prefix, format, arguments);
	first_message[strcspn(first_message, "\r\n")] = 0;
}

void log_capture(void) { av_log_set_callback(keep_first); }
void log_reset(void) { first_message[0] = 0; }
const char *log_first(void) { return first_message; }

int64_t frame_time(const void *frame) { return ((const AVFrame *)frame)->best_effort_timestamp; }
int64_t frame_duration(const void *frame) { return ((const AVFrame *)frame)->pkt_duration; }

int frame_damaged(const void *frame)
{
	const AVFrame *f = frame;
	return f->decode_error_flags != 0 || (f->flags & AV_FRAME_FLAG_CORRUPT);
}

void frame_fill(void *frame, const uint8_t *pixels, int row_bytes, int rows)
{
	AVFrame *f = frame;
	for (int y = 0; y < rows; y++)
		memcpy(f->data[0] + (ptrdiff_t)y * f->linesize[0], pixels + (size_t)y * row_bytes, row_bytes);
}

unsigned version_codec(void) { return avcodec_version(); }
unsigned version_filter(void) { return avfilter_version(); }
unsigned version_format(void) { return avformat_version(); }
unsigned version_scale(void) { return swscale_version(); }
unsigned version_util(void) { return avutil_version(); }
const char *version_release(void) { return av_version_info(); }
