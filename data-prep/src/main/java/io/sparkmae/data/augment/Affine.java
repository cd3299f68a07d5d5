package io.sparkmae.data.augment;

/**
 * A map from a pixel of the result to a place in the source: (a·x + b·y + c, d·x + e·y + f), of the
 * pixels' centres. What comes from outside is grey.
 */
record Affine(double a, double b, double c, double d, double e, double f) {

  private static final int[] IMAGENET_MEAN = {124, 116, 104};
  private static final int GREY = 128;

  static Affine shearX(double factor) {
    return new Affine(1, factor, 0, 0, 1, 0);
  }

  static Affine shearY(double factor) {
    return new Affine(1, 0, 0, factor, 1, 0);
  }

  static Affine translate(double x, double y) {
    return new Affine(1, 0, x, 0, 1, y);
  }

  /** Turns the image counter-clockwise around its middle. */
  static Affine rotate(double degrees, int size) {
    double angle = -Math.PI * degrees / 180;
    double cos = StrictMath.cos(angle); // Math's may differ between machines
    double sin = StrictMath.sin(angle);
    double middle = size / 2.0;
    return new Affine(
        cos,
        sin,
        middle - cos * middle - sin * middle,
        -sin,
        cos,
        middle + sin * middle - cos * middle);
  }

  /** Changes the image, by bilinear interpolation. */
  void apply(Image image) {
    Image source = new Image(image.pixels().clone(), image.size(), image.channels());
    int size = image.size();
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        double sourceX = a * (x + 0.5) + b * (y + 0.5) + c;
        double sourceY = d * (x + 0.5) + e * (y + 0.5) + f;
        boolean inside = sourceX >= 0 && sourceX < size && sourceY >= 0 && sourceY < size;
        for (int channel = 0; channel < image.channels(); channel++) {
          int value =
              inside
                  ? sample(source, sourceX - 0.5, sourceY - 0.5, channel)
                  : fill(channel, image.channels());
          image.set((y * size + x) * image.channels() + channel, value);
        }
      }
    }
  }

  private static int fill(int channel, int channels) {
    return channels == 3 ? IMAGENET_MEAN[channel] : GREY;
  }

  private static int sample(Image source, double x, double y, int channel) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    double right = x - left;
    double below = y - top;
    double first = row(source, left, top, right, channel);
    double second = row(source, left, top + 1, right, channel);
    return (int) (first + below * (second - first) + 0.5);
  }

  private static double row(Image source, int left, int y, double right, int channel) {
    int here = at(source, left, y, channel);
    return here + right * (at(source, left + 1, y, channel) - here);
  }

  private static int at(Image source, int x, int y, int channel) {
    int last = source.size() - 1;
    int inX = Math.max(0, Math.min(last, x));
    int inY = Math.max(0, Math.min(last, y));
    return source.at((inY * source.size() + inX) * source.channels() + channel);
  }
}
