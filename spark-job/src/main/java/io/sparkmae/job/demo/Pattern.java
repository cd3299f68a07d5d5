package io.sparkmae.job.demo;

/**
 * The classes of the demo. A pattern tells which points of the plane are painted; a figure spans
 * about [-1, 1] in both axes.
 */
enum Pattern {
  CIRCLES {
    @Override
    boolean covers(double u, double v) {
      return u * u + v * v < 0.8;
    }
  },
  RINGS {
    @Override
    boolean covers(double u, double v) {
      double square = u * u + v * v;
      return square > 0.35 && square < 1;
    }
  },
  SQUARES {
    @Override
    boolean covers(double u, double v) {
      return Math.max(Math.abs(u), Math.abs(v)) < 0.75;
    }
  },
  TRIANGLES {
    @Override
    boolean covers(double u, double v) {
      return v > -0.6 && v < 1 - 1.6 * Math.abs(u);
    }
  },
  CROSSES {
    @Override
    boolean covers(double u, double v) {
      double near = Math.min(Math.abs(u), Math.abs(v));
      return near < 0.25 && Math.max(Math.abs(u), Math.abs(v)) < 0.95;
    }
  },
  STRIPES {
    @Override
    boolean covers(double u, double v) {
      return isEven(u / 0.7);
    }
  },
  CHECKERS {
    @Override
    boolean covers(double u, double v) {
      return isEven(u / 0.8) == isEven(v / 0.8);
    }
  },
  /** The background alone, which in every class changes gradually from one colour to another. */
  GRADIENTS {
    @Override
    boolean covers(double u, double v) {
      return false;
    }
  };

  abstract boolean covers(double u, double v);

  private static boolean isEven(double value) {
    return ((long) Math.floor(value) & 1) == 0;
  }
}
