package io.sparkmae.job.ml;

import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.job.embed.Features;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.model.config.FeaturePooling;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A stage of Spark ML pipelines that computes features of images with a pre-trained encoder, as
 * {@code mae embed} does.
 *
 * <p>The input column has the bytes of image files, or the structs of Spark's {@code image} data
 * source; the output column has vectors [embedDim]. Each image is seen at its centre, with all
 * patches visible. Images are decoded and encoded on the executors, in batches; each task has the
 * encoder once, outside the heap.
 */
public final class MaeEncoder extends Transformer implements DefaultParamsWritable {

  private static final long serialVersionUID = 1;

  private final String uid;
  private final Param<String> inputCol;
  private final Param<String> outputCol;
  private final Param<String> modelPath;
  private final Param<String> pooling;
  private final IntParam imageSize;
  private final IntParam batchSize;
  private final Param<String> handleInvalid;

  /** Makes a stage with the defaults; {@link #setModelPath} is required. */
  public MaeEncoder() {
    this(Identifiable$.MODULE$.randomUID("maeEncoder"));
  }

  /** Makes a stage with a name of its own, as readers of saved pipelines do. */
  public MaeEncoder(String uid) {
    this.uid = uid; // parameters ask for it
    inputCol = new Param<>(this, "inputCol", "column of image files or Spark's image structs");
    outputCol = new Param<>(this, "outputCol", "column of feature vectors");
    modelPath = new Param<>(this, "modelPath", "URI of a model, as for mae embed --model");
    pooling = new Param<>(this, "pooling", "cls: the class token; mean: of the patches");
    imageSize = new IntParam(this, "imageSize", "side in pixels; 0: as the model was trained");
    batchSize = new IntParam(this, "batchSize", "images at a time");
    handleInvalid =
        new Param<>(this, "handleInvalid", "error, skip or keep images that are broken");
    setDefault(inputCol, "content");
    setDefault(outputCol, "features");
    setDefault(pooling, "cls");
    setDefault(imageSize, 0);
    setDefault(batchSize, 32);
    setDefault(handleInvalid, "error");
  }

  @Override
  public String uid() {
    return uid;
  }

  /**
   * Adds the features of each image; the model is read at once, the features are computed lazily.
   *
   * @throws IllegalArgumentException if a parameter or the input column is not as documented
   */
  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = transformSchema(dataset.schema());
    ImageColumn column = ImageColumn.of(dataset.schema(), get(inputCol, String.class));
    EncoderModel model = model(dataset);
    MaeConfig config = model.config();
    Normalisation normalisation = model.normalisation();
    requirePhotographs(normalisation);
    FeaturePooling pooled = constant(pooling, FeaturePooling.class);
    HandleInvalid invalid = constant(handleInvalid, HandleInvalid.class);
    int batch = get(batchSize, Integer.class);
    Broadcast<Map<String, INDArray>> weights =
        JavaSparkContext.fromSparkContext(dataset.sparkSession().sparkContext())
            .broadcast(new LinkedHashMap<>(model.weights()));
    MapPartitionsFunction<Row, Row> features =
        rows ->
            new FeatureRows(
                rows,
                column,
                invalid,
                batch,
                new CentreCrop(config.imageSize(), config.patchSize()),
                new Features(config, normalisation, weights.value(), pooled));
    return dataset.toDF().mapPartitions(features, Encoders.row(schema));
  }

  private void requirePhotographs(Normalisation normalisation) {
    if (normalisation.channels() != 3 || normalisation.valueBytes() != 1) {
      throw new IllegalArgumentException(
          "Invalid modelPath: %s encodes %d channels of %d bits (must be 3 of 8: use mae embed for others)"
              .formatted(
                  get(modelPath, String.class),
                  normalisation.channels(),
                  8 * normalisation.valueBytes()));
    }
  }

  private EncoderModel model(Dataset<?> dataset) {
    String uri = get(modelPath, String.class);
    try {
      return EncoderModel.of(uri, dataset.sparkSession().sparkContext().hadoopConfiguration())
          .at(get(imageSize, Integer.class));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the model at " + uri, e);
    }
  }

  @Override
  public StructType transformSchema(StructType schema) {
    ImageColumn.of(schema, get(inputCol, String.class));
    String output = get(outputCol, String.class);
    if (Arrays.asList(schema.fieldNames()).contains(output)) {
      throw new IllegalArgumentException(
          "Invalid outputCol: %s (the input has such a column)".formatted(output));
    }
    constant(pooling, FeaturePooling.class);
    boolean keeps = constant(handleInvalid, HandleInvalid.class) == HandleInvalid.KEEP;
    if (get(batchSize, Integer.class) < 1) {
      throw new IllegalArgumentException(
          "Invalid batchSize: %d (must be at least 1)".formatted(get(batchSize, Integer.class)));
    }
    return schema.add(output, SQLDataTypes.VectorType(), keeps);
  }

  private <T> T get(Param<?> param, Class<T> type) {
    if (!isDefined(param)) {
      throw new IllegalArgumentException(
          "Missing %s (set it to %s)".formatted(param.name(), param.doc()));
    }
    return type.cast(getOrDefault(param));
  }

  private <E extends Enum<E>> E constant(Param<String> param, Class<E> type) {
    String name = get(param, String.class);
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Invalid %s: %s (must be one of %s)"
                        .formatted(
                            param.name(),
                            name,
                            Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT))));
  }

  @Override
  public MaeEncoder copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  /** Returns a reader of saved stages; pipelines call it. */
  public static MLReader<MaeEncoder> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads a saved stage. */
  public static MaeEncoder load(String path) {
    return read().load(path);
  }

  public Param<String> inputCol() {
    return inputCol;
  }

  public Param<String> outputCol() {
    return outputCol;
  }

  public Param<String> modelPath() {
    return modelPath;
  }

  public Param<String> pooling() {
    return pooling;
  }

  public IntParam imageSize() {
    return imageSize;
  }

  public IntParam batchSize() {
    return batchSize;
  }

  public Param<String> handleInvalid() {
    return handleInvalid;
  }

  /** Sets the column of images; default {@code content}. */
  public MaeEncoder setInputCol(String column) {
    set(inputCol, column);
    return this;
  }

  /** Sets the column of features; default {@code features}. */
  public MaeEncoder setOutputCol(String column) {
    set(outputCol, column);
    return this;
  }

  /** Sets the model's URI, as for {@code mae embed --model}. */
  public MaeEncoder setModelPath(String uri) {
    set(modelPath, uri);
    return this;
  }

  /** Sets {@code cls}, the default, or {@code mean}. */
  public MaeEncoder setPooling(String name) {
    set(pooling, name);
    return this;
  }

  /** Sets the side of the images in pixels; default 0, the size that the model was trained at. */
  public MaeEncoder setImageSize(int pixels) {
    set(imageSize, pixels);
    return this;
  }

  /** Sets the number of images that a task encodes at a time; default 32. */
  public MaeEncoder setBatchSize(int images) {
    set(batchSize, images);
    return this;
  }

  /**
   * Sets what becomes of a broken image: {@code error}, the default, ends the job; {@code skip}
   * leaves the row out; {@code keep} gives it null features.
   */
  public MaeEncoder setHandleInvalid(String name) {
    set(handleInvalid, name);
    return this;
  }
}
