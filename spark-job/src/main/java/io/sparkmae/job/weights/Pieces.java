package io.sparkmae.job.weights;

import io.sparkmae.model.file.BadWeights;
import io.sparkmae.model.file.ForeignNames;
import io.sparkmae.model.file.ForeignNames.Place;
import io.sparkmae.model.file.StoredTensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Stored tensors under the reference's names, each in one piece, or in three where query, key and
 * value are apart.
 */
final class Pieces {

  private static final int NAMED = 3; // in a message

  private final Map<String, StoredTensor[]> places = new TreeMap<>();
  private final List<String> ofHead = new ArrayList<>();
  private final List<String> unexpected = new ArrayList<>();

  /** Sorts tensors by what they are. */
  static Pieces of(Collection<StoredTensor> tensors) throws BadWeights {
    Pieces pieces = new Pieces();
    for (StoredTensor tensor : tensors) {
      Optional<Place> place = ForeignNames.place(tensor.name());
      if (place.isPresent()) {
        pieces.put(place.get(), tensor);
      } else if (ForeignNames.isOfHead(tensor.name())) {
        pieces.ofHead.add(tensor.name());
      } else {
        pieces.unexpected.add(tensor.name());
      }
    }
    return pieces;
  }

  private void put(Place place, StoredTensor tensor) throws BadWeights {
    StoredTensor[] parts =
        places.computeIfAbsent(place.name(), name -> new StoredTensor[place.parts()]);
    if (parts.length != place.parts() || parts[place.part()] != null) {
      throw new BadWeights("it has %s twice, as %s too".formatted(place.name(), tensor.name()));
    }
    parts[place.part()] = tensor;
  }

  /** Returns the names of tensors of classifiers and poolers, which no encoder has. */
  List<String> ofHead() {
    return ofHead;
  }

  /** Returns the shapes of the tensors that are complete, by the reference's names. */
  Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    places.forEach(
        (name, parts) -> {
          long[] first = parts[0] == null ? null : parts[0].entry().shape();
          boolean equal =
              Arrays.stream(parts)
                  .allMatch(part -> part != null && Arrays.equals(part.entry().shape(), first));
          if (equal && (parts.length == 1 || first.length > 0)) {
            long[] whole = first.clone();
            if (parts.length > 1) {
              whole[0] *= parts.length;
            }
            shapes.put(name, whole);
          }
        });
    return shapes;
  }

  /**
   * Compares with a model's tensors.
   *
   * @throws BadWeights that names what is missing, unexpected or of another shape
   */
  void requireAll(Map<String, long[]> expected) throws BadWeights {
    Map<String, long[]> shapes = shapes();
    TreeSet<String> missing = new TreeSet<>(expected.keySet());
    missing.removeAll(shapes.keySet());
    TreeSet<String> more = new TreeSet<>(shapes.keySet());
    more.removeAll(expected.keySet());
    more.addAll(unexpected);
    List<String> faults = new ArrayList<>();
    add(faults, "missing", missing);
    add(faults, "unexpected", more);
    add(faults, "of another shape", misshapen(shapes, expected));
    if (!faults.isEmpty()) {
      throw new BadWeights("its tensors are not those of a ViT: " + String.join("; ", faults));
    }
  }

  private static List<String> misshapen(Map<String, long[]> shapes, Map<String, long[]> expected) {
    return shapes.keySet().stream()
        .filter(expected::containsKey)
        .filter(name -> !Arrays.equals(shapes.get(name), expected.get(name)))
        .map(
            name ->
                "%s is %s in place of %s"
                    .formatted(
                        name,
                        Arrays.toString(shapes.get(name)),
                        Arrays.toString(expected.get(name))))
        .toList();
  }

  private static void add(List<String> faults, String fault, Collection<String> names) {
    if (!names.isEmpty()) {
      String more = names.size() > NAMED ? " and %d more".formatted(names.size() - NAMED) : "";
      faults.add(fault + " " + String.join(", ", names.stream().limit(NAMED).toList()) + more);
    }
  }

  /** Reads a complete tensor as fp32. */
  INDArray read(String name, long[] shape) throws IOException {
    INDArray whole = Nd4j.createUninitialized(DataType.FLOAT, shape);
    StoredTensor[] parts = places.get(name);
    for (int part = 0; part < parts.length; part++) {
      parts[part].read(whole, part * (whole.length() / parts.length));
    }
    return whole;
  }
}
