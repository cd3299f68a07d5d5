package io.sparkmae.model.engine.onednn;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.HostVector;
import io.sparkmae.model.engine.device.Tensor;
import java.nio.FloatBuffer;

/**
 * The loops that a classifier needs beside a masked autoencoder's, over host memory, image by
 * image: see {@link Device#scaleImages} and {@link Device#pool}.
 */
final class HostClassifier {

  private HostClassifier() {}

  static Runnable scaleImages(HostLoops loops, Tensor x, Tensor scales, Tensor addend, Tensor y) {
    int images = (int) scales.length();
    int dim = (int) x.shape()[1];
    long rows = x.shape()[0] / images;
    FloatBuffer factors = Address.buffer(scales);
    HostVector from = new HostVector(x);
    HostVector added = addend == null ? null : new HostVector(addend);
    HostVector to = new HostVector(y);
    return () ->
        loops.forEach(
            images,
            image -> {
              float factor = factors.get(image);
              float[] row = new float[dim];
              float[] other = new float[dim];
              for (long at = image * rows * dim; at < (image + 1) * rows * dim; at += dim) {
                from.get(at, row, dim);
                if (added != null) {
                  added.get(at, other, dim);
                }
                for (int i = 0; i < dim; i++) {
                  row[i] = factor * row[i] + other[i];
                }
                to.put(at, row, dim);
              }
            });
  }

  static Runnable pool(HostLoops loops, Tensor x, int from, int to, Tensor y) {
    int tokens = (int) x.shape()[1];
    int dim = (int) x.shape()[2];
    HostVector all = new HostVector(x);
    HostVector pooled = new HostVector(y);
    return () ->
        loops.forEach(
            (int) x.shape()[0],
            image -> {
              float[] token = new float[dim];
              float[] mean = new float[dim];
              for (int i = from; i < to; i++) {
                all.get(((long) image * tokens + i) * dim, token, dim);
                for (int k = 0; k < dim; k++) {
                  mean[k] += token[k];
                }
              }
              scale(mean, to - from);
              pooled.put((long) image * dim, mean, dim);
            });
  }

  static Runnable poolGradient(HostLoops loops, Tensor dy, int from, int to, Tensor dx) {
    int tokens = (int) dx.shape()[1];
    int dim = (int) dx.shape()[2];
    HostVector dPooled = new HostVector(dy);
    HostVector all = new HostVector(dx);
    return () ->
        loops.forEach(
            (int) dx.shape()[0],
            image -> {
              float[] share = new float[dim];
              float[] none = new float[dim];
              dPooled.get((long) image * dim, share, dim);
              scale(share, to - from);
              for (int i = 0; i < tokens; i++) {
                float[] token = i >= from && i < to ? share : none;
                all.put(((long) image * tokens + i) * dim, token, dim);
              }
            });
  }

  private static void scale(float[] values, int count) {
    for (int k = 0; k < values.length; k++) {
      values[k] /= count;
    }
  }
}
