package io.sparkmae.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.Packing;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.javacpp.FloatPointer;

/** Products on the processor: oneDNN's matmul, and its sgemm where that is faster. */
final class OneDnnProducts {

  // beyond this many rows sgemm is slow on a wide, transposed operand, and matmul is faster
  private static final int ROWS_OF_SGEMM = 512;

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
    boolean packs = Packing.isWorthwhile(x, weight);
    matmul.primitive_desc description =
        dnn.keep(
            new matmul.primitive_desc(
                dnn.cpu(),
                dnn.description(x),
                weights(weight.transposed(), packs),
                dnn.description(arguments.get(DNNL_ARG_BIAS)),
                dnn.description(y),
                attributes,
                false));
    return packs ? packed(description, arguments) : dnn.bind(new matmul(description), arguments);
  }

  Runnable linearInputGradient(Tensor dy, Tensor weight, Tensor dx) {
    return Packing.isWorthwhile(weight) ? packed(dy, weight, dx) : dense(dy, weight, dx);
  }

  Runnable linearWeightGradient(Tensor dy, Tensor x, Tensor dWeight, Tensor dBias) {
    boolean widens = dy.shape()[1] > x.shape()[1];
    boolean byMatmul = x.type() == Type.F32 && dy.shape()[0] > ROWS_OF_SGEMM && widens;
    Runnable product =
        Packing.isWorthwhile(x)
            ? packed(dy.transposed(), x, dWeight)
            : byMatmul
                ? product(dy.transposed(), x, 1, dWeight)
                : dense(dy.transposed(), x, dWeight);
    return InTurn.of(product, sumRows(dy, dBias));
  }

  private Runnable packed(Tensor a, Tensor b, Tensor c) {
    return packed(description(a, weights(b, true), 1, c), arguments(a, b, c));
  }

  /** Returns work that packs the weights as the product wants them, and then multiplies. */
  private Runnable packed(matmul.primitive_desc product, Map<Integer, Tensor> arguments) {
    Tensor plain = arguments.remove(DNNL_ARG_WEIGHTS);
    memory packed = dnn.packed(product.weights_desc());
    Bound packing = elements.reorder(plain, packed);
    Bound multiplying = dnn.bind(new matmul(product), arguments);
    multiplying.put(DNNL_ARG_WEIGHTS, packed);
    return InTurn.of(packing, multiplying);
  }

  private memory.desc weights(Tensor operand, boolean packs) {
    return packs ? dnn.anyOrder(operand) : dnn.description(operand);
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
    return dnn.bind(new matmul(description(a, dnn.description(b), scale, c)), arguments(a, b, c));
  }

  private matmul.primitive_desc description(Tensor a, memory.desc b, double scale, Tensor c) {
    primitive_attr attributes = dnn.keep(new primitive_attr());
    if (scale != 1) {
      post_ops linear = dnn.keep(new post_ops());
      linear.append_eltwise(algorithm.eltwise_linear, (float) scale, 0);
      attributes.set_post_ops(linear);
    }
    return dnn.keep(
        new matmul.primitive_desc(
            dnn.cpu(), dnn.description(a), b, dnn.description(c), attributes, false));
  }

  Runnable sumRows(Tensor x, Tensor y) {
    return product(ones(x.type(), 1, x.shape()[0]), x, 1, y.reshape(1, y.length()));
  }

  private Tensor ones(Type type, long... shape) {
    Tensor ones = dnn.allocateOwn(Type.F32, shape);
    floats(ones).put(filled(Math.toIntExact(ones.length())), 0, Math.toIntExact(ones.length()));
    if (type == Type.F32) {
      return ones;
    }
    Tensor converted = dnn.allocateOwn(type, shape);
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
