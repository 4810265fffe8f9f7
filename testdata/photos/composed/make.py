"""Draws pictures of kinds that no benchmark has: sketches, hangers, hands, several items, scenes.

Made with Pillow 13.0: pip install pillow; python make.py
"""
import random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

S = 4  # drawn pixels in a unit
W = H = 320  # units


def new(bg, w=W, h=H):
    """Returns a picture of a plain colour and what draws in it."""
    im = Image.new('RGB', (w * S, h * S), bg)
    return (im, ImageDraw.Draw(im))


def points(pts, dx=0, dy=0, k=1):
    """Scales points in units and moves them."""
    return [((x * k + dx) * S, (y * k + dy) * S) for x, y in pts]


def save(im, name, noise=0, quality=75):
    """Writes the picture at half a pixel a unit, with noise of that standard deviation."""
    im = im.resize((im.width // (2 * S), im.height // (2 * S)), Image.LANCZOS)
    if noise:
        random.seed(name)
        px = im.load()
        for y in range(im.height):
            for x in range(im.width):
                n = random.gauss(0, noise)
                px[x, y] = tuple((max(0, min(255, int(c + n))) for c in px[x, y]))
    im.save(name + '.jpg', quality=quality)


tee = [(60, 60), (110, 40), (130, 52), (160, 58), (190, 52), (210, 40), (260, 60), (290, 120), (250, 140), (235, 115), (235, 275), (85, 275), (85, 115), (70, 140), (30, 120)]
trouser = [(100, 40), (220, 40), (232, 150), (240, 290), (185, 290), (162, 130), (158, 130), (135, 290), (80, 290), (88, 150)]
dress = [(125, 95), (140, 90), (150, 105), (170, 105), (180, 90), (195, 95), (190, 150), (230, 260), (90, 260), (130, 150)]
bag = [(90, 150), (230, 150), (245, 270), (75, 270)]


def cloth(im, d, pts, colour, folds=6, seed=1):
    """Fills a polygon with a colour, with folds in it."""
    d.polygon(pts, fill=colour)
    r = random.Random(seed)
    xs = [p[0] for p in pts]
    ys = [p[1] for p in pts]
    mask = Image.new('L', im.size, 0)
    ImageDraw.Draw(mask).polygon(pts, fill=255)
    lay = im.copy()
    l = ImageDraw.Draw(lay)
    for _ in range(folds):
        x = r.uniform(min(xs), max(xs))
        y = r.uniform(min(ys), max(ys))
        dx = r.uniform(-20, 20) * S
        k = r.choice([0.75, 1.2])
        l.line([(x, y), (x + dx, y + 60 * S)], fill=tuple((min(255, int(c * k)) for c in colour)), width=5 * S)
    lay = lay.filter(ImageFilter.GaussianBlur(3 * S))
    im.paste(lay, mask=mask)


im, d = new((250, 249, 245))
shoe = [(40, 215), (45, 150), (75, 130), (100, 140), (130, 165), (190, 185), (260, 200), (285, 225), (280, 240), (45, 240), (40, 215)]
for k in range(3):
    r = random.Random(k)
    d.line([((x + r.uniform(-2, 2)) * S, (y + r.uniform(-2, 2)) * S) for x, y in shoe], fill=(70, 70, 75), width=2 * S, joint='curve')
d.line(points([(40, 228), (283, 228)]), fill=(80, 80, 80), width=2 * S)
for i in range(5):
    d.line(points([(110 + 18 * i, 152 + 6 * i), (98 + 18 * i, 172 + 6 * i)]), fill=(80, 80, 80), width=2 * S)
for i in range(25):
    d.line(points([(50 + 8 * i, 238), (58 + 8 * i, 230)]), fill=(140, 140, 140), width=S)
save(im, 'shoe-sketch', 2)

im, d = new((214, 208, 200))
d.arc([150 * S, 8 * S, 170 * S, 28 * S], 180, 420, fill=(90, 90, 95), width=3 * S)
d.line(points([(160, 28), (160, 42)]), fill=(90, 90, 95), width=3 * S)
d.line(points([(60, 74), (160, 42), (260, 74)]), fill=(120, 80, 40), width=7 * S)
d.line(points([(60, 74), (260, 74)]), fill=(120, 80, 40), width=6 * S)
cloth(im, d, points(trouser, 0, 26, 0.95), (45, 55, 90))
save(im, 'trouser-on-hanger', 3)

im, d = new((243, 243, 243), 480, 320)
cloth(im, d, points(tee, 5, 40, 0.7), (150, 40, 45))
cloth(im, d, points(trouser, 260, 20, 0.9), (50, 60, 95))
save(im, 'two-items', 2)

im, d = new((225, 228, 230))
d.arc([115 * S, 90 * S, 205 * S, 220 * S], 180, 360, fill=(95, 55, 30), width=9 * S)
cloth(im, d, points(bag), (120, 70, 40))
d.polygon(points([(140, 0), (185, 0), (182, 70), (190, 95), (178, 112), (140, 112), (130, 95), (142, 70)]), fill=(224, 172, 140))
for i in range(4):
    d.rounded_rectangle([(134 + 12 * i) * S, 92 * S, (145 + 12 * i) * S, 122 * S], radius=5 * S, fill=(216, 162, 130), outline=(180, 130, 100), width=S)
save(im, 'hand-with-bag', 3)

im, d = new((205, 215, 220), 320, 420)
skin = (222, 170, 140)
d.ellipse([138 * S, 22 * S, 182 * S, 78 * S], fill=skin)
d.pieslice([132 * S, 12 * S, 188 * S, 70 * S], 180, 360, fill=(60, 40, 30))
d.rectangle([152 * S, 70 * S, 168 * S, 100 * S], fill=skin)
d.line(points([(128, 105), (95, 170), (100, 235)]), fill=skin, width=16 * S, joint='curve')
d.line(points([(192, 105), (225, 170), (220, 235)]), fill=skin, width=16 * S, joint='curve')
d.line(points([(142, 255), (140, 385)]), fill=skin, width=18 * S)
d.line(points([(178, 255), (180, 385)]), fill=skin, width=18 * S)
d.ellipse([122 * S, 378 * S, 152 * S, 396 * S], fill=(30, 30, 30))
d.ellipse([168 * S, 378 * S, 198 * S, 396 * S], fill=(30, 30, 30))
cloth(im, d, points(dress), (180, 30, 50))
save(im, 'person-in-dress', 3)

im, d = new((252, 252, 250), 300, 400)
r = random.Random(6)
f = ImageFont.load_default(13 * S)
words = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua'.split()
for k in range(19):
    line = ''
    while d.textlength(line, font=f) < 225 * S:
        line += r.choice(words) + ' '
    d.text((28 * S, (30 + 18 * k) * S), line.strip(), fill=(25, 25, 30), font=f)
save(im, 'page-of-text', 1)

im, d = new((255, 255, 255))
d.ellipse([40 * S, 40 * S, 280 * S, 280 * S], fill=(255, 205, 50), outline=(200, 140, 20), width=4 * S)
d.ellipse([105 * S, 110 * S, 135 * S, 155 * S], fill=(70, 45, 20))
d.ellipse([185 * S, 110 * S, 215 * S, 155 * S], fill=(70, 45, 20))
d.chord([90 * S, 140 * S, 230 * S, 245 * S], 15, 165, fill=(120, 50, 30))
save(im, 'smiling-face')

im, d = new((120, 170, 230), 480, 320)
for y in range(200 * S):
    d.line([(0, y), (480 * S, y)], fill=(110 + y // (2 * S) // 1 % 100, 165 + y // (4 * S), 235))
d.ellipse([360 * S, 30 * S, 410 * S, 80 * S], fill=(255, 240, 170))
d.polygon(points([(0, 220), (80, 120), (150, 190), (230, 100), (330, 200), (400, 150), (480, 210), (480, 320), (0, 320)]), fill=(90, 100, 120))
d.polygon(points([(0, 250), (120, 215), (260, 245), (400, 220), (480, 240), (480, 320), (0, 320)]), fill=(70, 120, 60))
for i in range(9):
    d.polygon(points([(30 + 50 * i, 270 + 7 * (i % 3)), (45 + 50 * i, 225 + 7 * (i % 3)), (60 + 50 * i, 270 + 7 * (i % 3))]), fill=(35, 75, 40))
save(im, 'landscape', 3)

im, d = new((235, 232, 226))
cloth(im, d, points(tee), (60, 95, 85), 8)
im = im.transpose(Image.ROTATE_180)
save(im, 'tee-upside-down', 3)

im, d = new((230, 225, 215))
for i in range(-20, 60):
    d.line(points([(i * 16, 0), (i * 16 + 90, 320)]), fill=(150, 175, 205), width=7 * S)
cloth(im, d, points(tee), (140, 35, 40), 8)
save(im, 'tee-on-stripes', 3)

im, d = new((238, 238, 236), 420, 320)
sh = [(20, 150), (25, 95), (55, 80), (80, 90), (105, 110), (150, 122), (185, 135), (195, 155), (190, 165), (20, 165)]
for dx, dy in ((0, 0), (190, 70)):
    cloth(im, d, points(sh, dx + 10, dy + 30), (60, 60, 65))
    d.rectangle([(dx + 30) * S, (dy + 188) * S, (dx + 202) * S, (dy + 196) * S], fill=(225, 225, 225), outline=(140, 140, 140), width=S)
save(im, 'pair-of-shoes', 2)

im, d = new((58, 52, 50))
d.arc([150 * S, 6 * S, 170 * S, 26 * S], 180, 420, fill=(200, 200, 205), width=3 * S)
d.line(points([(160, 26), (160, 48)]), fill=(200, 200, 205), width=3 * S)
cloth(im, d, points(tee, 0, 8), (222, 218, 210), 10)
save(im, 'light-tee-on-hanger-dark', 3)
