package io.sparkmae.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.javacpp.FloatPointer;

/** Products on the processor: oneDNN's matmul, and its sgemm where that is faster. */
final class OneDnnProducts {

  // beyond this many rows sgemm is slow on a wide, transposed operand, and matmul is faster
  private static final int ROWS_OF_SGEMM = 512;

  private static final int LEAST_HALVED = 256; // outputs or inputs

  private final OneDnn dnn;
  private final OneDnnElements elements;

  OneDnnProducts(OneDnn dnn, OneDnnElements elements) {
    this.dnn = dnn;
    this.elements = elements;
  }

  Runnable linear(Tensor x, Tensor weight, Tensor bias, Tensor addend, Tensor y) {
    primitive_attr attributes = dnn.keep(new primitive_attr());
    Map<Integer, Tensor> arguments = arguments(x, weight.transposed(), y);
    arguments.put(DNNL_ARG_BIAS, bias.reshape(1, bias.length()));
    if (addend != null) {
      post_ops sum = dnn.keep(new post_ops());
      sum.append_binary(algorithm.binary_add, dnn.description(addend));
      attributes.set_post_ops(sum);
      arguments.put(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1, addend);
    }
    matmul.primitive_desc description =
        dnn.keep(
            new matmul.primitive_desc(
                dnn.cpu(),
                dnn.description(x),
                dnn.description(weight.transposed()),
                dnn.description(arguments.get(DNNL_ARG_BIAS)),
                dnn.description(y),
                attributes,
                false));
    return dnn.bind(new matmul(description), arguments);
  }

  Runnable linearWeightGradient(Tensor dy, Tensor x, Tensor dWeight, Tensor dBias) {
    long rows = dy.shape()[0];
    boolean widens = dy.shape()[1] > x.shape()[1];
    Runnable product =
        x.type() != Type.F32
            ? halves(dy.transposed(), x, dWeight)
            : rows > ROWS_OF_SGEMM && widens
                ? product(dy.transposed(), x, 1, dWeight)
                : dense(dy.transposed(), x, dWeight);
    return InTurn.of(product, sumRows(dy, dBias));
  }

  /**
   * Returns work for c = a·b, one half of c's longer side after the other: where a is transposed,
   * oneDNN's bf16 matmul blocks smaller results better. The bits are those of the whole product.
   */
  private Runnable halves(Tensor a, Tensor b, Tensor c) {
    long[] shape = c.shape();
    int axis = shape[0] >= shape[1] ? 0 : 1;
    long length = shape[axis];
    if (length < LEAST_HALVED) {
      return product(a, b, 1, c);
    }
    long half = length / 2;
    List<Runnable> works = new ArrayList<>();
    for (long from : new long[] {0, half}) {
      long to = from == 0 ? half : length;
      Tensor part = c.slice(axis, from, to);
      works.add(
          axis == 0
              ? product(a.slice(0, from, to), b, 1, part)
              : product(a, b.slice(1, from, to), 1, part));
    }
    return new InTurn(works);
  }

  /**
   * Returns work for c = a·b in fp32 by sgemm, which is up to a fifth faster than the matmul
   * primitive.
   */
  Runnable dense(Tensor a, Tensor b, Tensor c) {
    if (a.type() != Type.F32 || b.type() != Type.F32) {
      return product(a, b, 1, c);
    }
    long rows = c.shape()[0];
    long columns = c.shape()[1];
    long inner = a.shape()[1];
    boolean aInRows = a.strides()[1] == 1 && a.strides()[0] >= inner; // both strides may be 1
    byte transA = (byte) (aInRows ? 'N' : 'T');
    long lda = a.strides()[aInRows ? 0 : 1];
    FloatPointer pa = floats(a);
    FloatPointer pb = floats(b);
    FloatPointer pc = floats(c);
    long ldb = b.strides()[0];
    long ldc = c.strides()[0];
    return () -> {
      int status =
          dnnl_sgemm(transA, (byte) 'N', rows, columns, inner, 1, pa, lda, pb, ldb, 0, pc, ldc);
      if (status != dnnl_success) {
        throw new IllegalStateException(
            "Cannot multiply %s by %s: oneDNN's sgemm gave status %d".formatted(a, b, status));
      }
    };
  }

  /** Returns work for c = scale · a·b for each matrix of a batch; any strides. */
  Bound product(Tensor a, Tensor b, double scale, Tensor c) {
    primitive_attr attributes = dnn.keep(new primitive_attr());
    if (scale != 1) {
      post_ops linear = dnn.keep(new post_ops());
      linear.append_eltwise(algorithm.eltwise_linear, (float) scale, 0);
      attributes.set_post_ops(linear);
    }
    matmul.primitive_desc description =
        dnn.keep(
            new matmul.primitive_desc(
                dnn.cpu(),
                dnn.description(a),
                dnn.description(b),
                dnn.description(c),
                attributes,
                false));
    return dnn.bind(new matmul(description), arguments(a, b, c));
  }

  Runnable sumRows(Tensor x, Tensor y) {
    return product(ones(x.type(), 1, x.shape()[0]), x, 1, y.reshape(1, y.length()));
  }

  private Tensor ones(Type type, long... shape) {
    Tensor ones = dnn.allocate(Type.F32, shape);
    floats(ones).put(filled(Math.toIntExact(ones.length())), 0, Math.toIntExact(ones.length()));
    if (type == Type.F32) {
      return ones;
    }
    Tensor converted = dnn.allocate(type, shape);
    elements.copy(ones, converted).run();
    return converted;
  }

  private static float[] filled(int length) {
    float[] ones = new float[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static Map<Integer, Tensor> arguments(Tensor a, Tensor b, Tensor c) {
    Map<Integer, Tensor> arguments = new LinkedHashMap<>();
    arguments.put(DNNL_ARG_SRC, a);
    arguments.put(DNNL_ARG_WEIGHTS, b);
    arguments.put(DNNL_ARG_DST, c);
    return arguments;
  }

  private FloatPointer floats(Tensor tensor) {
    return dnn.keep(Address.floats(tensor.address()));
  }
}
