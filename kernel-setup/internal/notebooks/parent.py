"""Sends this process SIGTERM when the one that started it and passed the variable is gone, however that ended, as the Go package parent does."""
import os
import signal
import threading
import time


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=end_with, args=[int(os.environ.pop("FASHIONLAB_PARENT"))], daemon=True).start()
