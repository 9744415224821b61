// The decoder reads files. Its binding also names FFmpeg's capture devices, whose library brings those of sound servers and
// displays with it, 48 of them, at each start of the program. With a definition here the linker leaves that library out.
void avdevice_register_all(void);
void avdevice_register_all(void) {}
