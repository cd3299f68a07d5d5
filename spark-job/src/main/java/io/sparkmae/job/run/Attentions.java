package io.sparkmae.job.run;

import io.sparkmae.data.channels.ChannelPatches;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.job.picture.AttentionPicture;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.pixels.ShownChannels;
import io.sparkmae.model.ClassAttention;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.config.Pixels;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The attention of an encoder's class token on the centre of images. */
public final class Attentions {

  private Attentions() {}

  /**
   * Computes the attention on each image, one at a time.
   *
   * @param images encoded images
   * @param shown channels to draw, as {@link ShownChannels#of} takes them; null for RGB
   * @throws IllegalArgumentException if RGB images are to be drawn otherwise
   */
  public static List<AttentionPicture.Row> of(
      EncoderModel encoder, List<SourceImage> images, int[] shown) {
    MaeConfig config = encoder.config();
    Normalisation normalisation = encoder.normalisation();
    ShownChannels drawn = ShownChannels.of(shown, normalisation);
    CentreCrop view = new CentreCrop(config.imageSize(), config.patchSize());
    ClassAttention attention = new ClassAttention(config, encoder.weights());
    List<AttentionPicture.Row> rows = new ArrayList<>();
    for (SourceImage image : images) {
      byte[] patches =
          ChannelPatches.of(
              image.bytes(), DataPixels.format(normalisation), view, view.sampleSeed(image.key()));
      INDArray pixels = Pixels.of(patches, 1, config, normalisation);
      INDArray numbers = Pixels.asNumbers(pixels, config.channels());
      byte[] rgb = drawn == null ? patches : drawn.draw(patches, normalisation);
      rows.add(new AttentionPicture.Row(rgb, attention.of(numbers)));
    }
    return rows;
  }
}
