package io.sparkmae.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/**
 * Attention on the processor, a few heads at a time: their probabilities stay in the cores' caches
 * from one product to the next.
 *
 * <p>A head's results do not depend on the number of heads in a tile. The primitives are made for
 * one tile of heads, and moved from tile to tile.
 */
final class OneDnnAttention implements Runnable {

  // bytes: the part of a core's second-level cache that a tile may fill
  private static final long CACHE = 640 << 10;

  /**
   * An operand: {@code tile} is a part of {@code whole}, or scratch memory if {@code whole} is
   * null.
   */
  private record Operand(Tensor tile, Tensor whole) {

    static Operand scratch(Tensor tile) {
      return new Operand(tile, null);
    }

    Operand transposed() {
      return new Operand(tile.transposed(), whole == null ? null : whole.transposed());
    }

    /** Returns the tile's matrices as rows, for softmax. */
    Operand rows() {
      long columns = tile.shape()[3];
      return new Operand(tile.reshape(tile.length() / columns, columns), whole);
    }
  }

  /** An argument that is moved from tile to tile. */
  private record Moving(Bound operation, int argument, Tensor whole) {}

  private final List<Bound> operations = new ArrayList<>();
  private final List<Moving> moving = new ArrayList<>();
  private final long images;
  private final long heads;
  private final long tileImages;
  private final long tileHeads;

  private OneDnnAttention(Tensor probabilities, int threads, Tensor... operands) {
    images = probabilities.shape()[0];
    heads = probabilities.shape()[1];
    long fitting = Math.max(1, CACHE * threads / (probabilities.at(0, 0).at(0, 0).length() * 4));
    tileHeads = largestDivisor(heads, fitting, n -> true);
    tileImages =
        tileHeads < heads
            ? 1
            : largestDivisor(
                images,
                fitting / heads,
                n -> Stream.of(operands).noneMatch(operand -> isMisread(operand, n)));
  }

  private static long largestDivisor(long number, long limit, LongPredicate allowed) {
    long divisor = Math.max(1, Math.min(number, limit));
    while (number % divisor != 0 || !allowed.test(divisor)) {
      divisor--;
    }
    return divisor;
  }

  /**
   * Returns whether oneDNN would multiply wrongly with so many images of an operand [N, H, T, W].
   * Where tokens lie c > 1 times their width apart, oneDNN 3.11 takes N = c·T images for another
   * order of the axes: the images' distance is N widths of a token then.
   */
  private static boolean isMisread(Tensor operand, long images) {
    long width = operand.shape()[1] * operand.shape()[3];
    return operand.strides()[2] != width && operand.strides()[0] == images * width;
  }

  static Runnable forward(
      OneDnnDevice device,
      int threads,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor probabilities,
      Tensor attended) {
    OneDnnAttention work = new OneDnnAttention(probabilities, threads, q, k, v, attended);
    Operand p = work.tiled(probabilities);
    Operand logits = Operand.scratch(device.allocate(p.tile().type(), p.tile().shape()));
    work.product(device, work.tiled(q), work.tiled(k).transposed(), scale(q), logits);
    work.add(device.elements().softmax(logits.rows().tile(), p.rows().tile()))
        .move(DNNL_ARG_DST, p);
    work.product(device, p, work.tiled(v), 1, work.tiled(attended));
    return work;
  }

  static Runnable backward(
      OneDnnDevice device,
      int threads,
      Activation q,
      Activation k,
      Activation v,
      Tensor probabilities,
      Tensor dAttended) {
    OneDnnAttention work =
        new OneDnnAttention(
            probabilities,
            threads,
            q.value(),
            q.gradient(),
            k.value(),
            k.gradient(),
            v.value(),
            v.gradient(),
            dAttended);
    double scale = scale(q.value());
    Operand p = work.tiled(probabilities);
    Operand dP = Operand.scratch(device.allocate(p.tile().type(), p.tile().shape()));
    Operand dA = work.tiled(dAttended);
    work.product(device, dA, work.tiled(v.value()).transposed(), 1, dP);
    work.product(device, p.transposed(), dA, 1, work.tiled(v.gradient()));
    Tensor rows = dP.rows().tile();
    work.add(device.elements().softmaxGradient(p.rows().tile(), rows, rows)).move(DNNL_ARG_DST, p);
    work.product(device, dP, work.tiled(k.value()), scale, work.tiled(q.gradient()));
    work.product(device, dP.transposed(), work.tiled(q.value()), scale, work.tiled(k.gradient()));
    return work;
  }

  private static double scale(Tensor q) {
    return 1 / Math.sqrt(q.shape()[3]);
  }

  private Operand tiled(Tensor whole) {
    return new Operand(whole.slice(0, 0, tileImages).slice(1, 0, tileHeads), whole);
  }

  private void product(OneDnnDevice device, Operand a, Operand b, double scale, Operand c) {
    add(device.products().product(a.tile(), b.tile(), scale, c.tile()))
        .move(DNNL_ARG_SRC, a)
        .move(DNNL_ARG_WEIGHTS, b)
        .move(DNNL_ARG_DST, c);
  }

  private OneDnnAttention add(Bound operation) {
    operations.add(operation);
    return this;
  }

  /**
   * Makes an argument of the operation that was added last follow the tile, unless it is scratch.
   */
  private OneDnnAttention move(int argument, Operand operand) {
    if (operand.whole() != null) {
      moving.add(new Moving(operations.get(operations.size() - 1), argument, operand.whole()));
    }
    return this;
  }

  @Override
  public void run() {
    for (long image = 0; image < images; image += tileImages) {
      for (long head = 0; head < heads; head += tileHeads) {
        moveTo(image, head);
        for (int i = 0; i < operations.size(); i++) {
          operations.get(i).run();
        }
      }
    }
  }

  private void moveTo(long image, long head) {
    for (int i = 0; i < moving.size(); i++) {
      Moving argument = moving.get(i);
      long[] strides = argument.whole().strides();
      long offset = image * strides[0] + head * strides[1];
      argument
          .operation()
          .move(
              argument.argument(),
              argument.whole().address() + offset * argument.whole().type().bytes());
    }
  }
}
