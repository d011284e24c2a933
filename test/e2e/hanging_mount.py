"""A real mount that does not answer statfs until it is told to: a FUSE server of sixty lines, in a process of its own.

    with HangingMount("/tmp/x/dead") as mount:
        …                     whoever asks for the size of /tmp/x/dead waits
        mount.answer()        from now on it is 4,096,000 bytes large

To finwatch-host it looks like an NFS server that died before the machine's exporter was started. Needs root and /dev/fuse.
"""
import ctypes
import errno
import os
import select
import signal
import struct
import unittest

INIT, STATFS, FORGET, INTERRUPT, BATCH_FORGET = 26, 17, 2, 36, 42  # FUSE operations, linux/fuse.h
DETACH = 2  # umount2(2): MNT_DETACH

_libc = ctypes.CDLL(None, use_errno=True)


class HangingMount:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        try:
            self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise unittest.SkipTest(f"no FUSE here: {error}") from None
        options = f"fd={self._device},rootmode=40000,user_id=0,group_id=0"
        if _libc.mount(b"finwatch-e2e", os.fsencode(folder), b"fuse.finwatch", 6, options.encode()) != 0:  # nosuid, nodev
            os.close(self._device)
            raise unittest.SkipTest(f"no FUSE mount here: {os.strerror(ctypes.get_errno())}")

    def __enter__(self):
        # A process and not a thread: a test that waits in the kernel must not keep its own server from answering.
        self._go, go = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(go)
                self._serve()
            finally:
                os._exit(0)
        os.close(self._go)
        self._go = go
        return self

    def __exit__(self, *_):
        self.answer()
        _libc.umount2(os.fsencode(self.folder), DETACH)
        os.close(self._device)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def answer(self):
        """From now on statfs is answered, also to those who wait."""
        if self._go is not None:
            os.close(self._go)  # the server sees the end of the pipe
            self._go = None

    def _serve(self):
        waiting, answers = [], False
        while True:
            ready, _, _ = select.select([self._device] + ([] if answers else [self._go]), [], [])
            if self._go in ready:
                answers = True
                for request in waiting:
                    self._statfs(request)
            if self._device in ready:
                try:
                    message = os.read(self._device, 1 << 17)
                except OSError as error:
                    if error.errno in (errno.EINTR, errno.ENOENT):
                        continue
                    return  # unmounted
                _, operation, request = struct.unpack_from("=IIQ", message)
                if operation == INIT:
                    self._reply(request, 0, struct.pack("=IIIIHHI40x", 7, 31, 0, 0, 0, 0, 4096))
                elif operation == STATFS:
                    if answers:
                        self._statfs(request)
                    else:
                        waiting.append(request)
                elif operation == INTERRUPT:  # whoever waits is being killed; a server that ignored this would keep it for ever
                    (interrupted,) = struct.unpack_from("=Q", message, 40)
                    if interrupted in waiting:
                        waiting.remove(interrupted)
                        self._reply(interrupted, -errno.EINTR)
                elif operation not in (FORGET, BATCH_FORGET):
                    self._reply(request, -errno.ENOSYS)

    def _statfs(self, request):
        blocks, free, size = 1000, 250, 4096
        self._reply(request, 0, struct.pack("=QQQQQIIII24x", blocks, free, free, 0, 0, size, 255, size, 0))

    def _reply(self, request, error, body=b""):
        try:
            os.write(self._device, struct.pack("=IiQ", 16 + len(body), error, request) + body)
        except OSError:
            pass  # whoever asked has gone
