"""Writes pictures in formats that Go's libraries read and do not write: blue, 40x24 pixels, with a red square of 8x8 at the top left.

Made with Pillow 13.0 and pillow-heif 1.8: pip install pillow pillow-heif; python make.py
"""

import pillow_heif
from PIL import Image

picture = Image.new("RGB", (40, 24), (0, 0, 255))
picture.paste((255, 0, 0), (0, 0, 8, 8))
picture.save("lossless.webp", lossless=True)
picture.save("lossy.webp", quality=90)
picture.convert("CMYK").save("cmyk.jpg", quality=95)
picture.save("progressive.jpg", quality=95, progressive=True)

# The boot of frames.webp in formats that Go's libraries do not read.
pillow_heif.register_heif_opener()
boot = Image.open("frames.webp").convert("RGB")
boot.save("boot.avif", quality=60)
boot.save("boot.heic", quality=60)
