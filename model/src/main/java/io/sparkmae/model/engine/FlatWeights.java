package io.sparkmae.model.engine;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import io.sparkmae.model.engine.StepEngine.Slot;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Copies of tensors in one flat fp32 vector, for an engine that does not train.
 *
 * @param slots name → place in the vector
 */
public record FlatWeights(INDArray vector, Map<String, Slot> slots) {

  /** Copies the tensors in their order. */
  public static FlatWeights of(Map<String, INDArray> weights) {
    Map<String, Slot> slots = new LinkedHashMap<>();
    long length = 0;
    for (Map.Entry<String, INDArray> weight : weights.entrySet()) {
      slots.put(weight.getKey(), new Slot(length, weight.getValue().shape()));
      length += weight.getValue().length();
    }
    INDArray flat = Nd4j.createUninitializedDetached(DataType.FLOAT, length);
    slots.forEach(
        (name, slot) -> {
          INDArray weight = weights.get(name);
          flat.get(interval(slot.offset(), slot.offset() + weight.length()))
              .assign(weight.dup('c').reshape(weight.length()));
        });
    return new FlatWeights(flat, slots);
  }
}
