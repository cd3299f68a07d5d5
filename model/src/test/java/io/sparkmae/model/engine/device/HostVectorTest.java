package io.sparkmae.model.engine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.sparkmae.model.engine.onednn.OneDnnDevice;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class HostVectorTest {

  private static final long BORDER = 1L << 29; // numbers of 2 GiB
  private static final long NOWHERE = 1L << 40; // an address that nobody reads

  @ParameterizedTest
  @ValueSource(longs = {0, BORDER - 1, BORDER, 1_000_000_000})
  void aBufferBeginsAndEndsWhereItShould(long from) {
    int length = (4 << 20) - 8;
    FloatBuffer view = Address.buffer(NOWHERE + from * Float.BYTES, length);
    assertThat(new FloatPointer(view).address()).isEqualTo(NOWHERE + from * Float.BYTES);
    assertThat(view.capacity()).isEqualTo(length);
    assertThat(view.order()).isEqualTo(ByteOrder.nativeOrder());
  }

  @Test
  void noBufferIsShorterThanWhatWasAskedFor() {
    assertThat(Address.buffer(tensor(Type.F32, BORDER - 1)).capacity()).isEqualTo(BORDER - 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Address.buffer(tensor(Type.F32, BORDER)))
        .withMessage(
            "Cannot view 536,870,912 entries as one buffer (must be at least 1, and at most 2,147,483,647 bytes; take shorter ranges)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Address.bytes(tensor(Type.U8, 4 * BORDER)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Address.integers(tensor(Type.F32, BORDER)));
    assertThatIllegalArgumentException().isThrownBy(() -> Address.buffer(NOWHERE, 0));
  }

  private static Tensor tensor(Type type, long length) {
    return Tensor.dense(NOWHERE, type, length);
  }

  @Test
  void aVectorIsWrittenInItsOwnMemoryAlsoBeyondTwoGibibytes() {
    try (LongVector memory = new LongVector(BORDER + 1000)) {
      INDArray vector = memory.array();
      for (long from : new long[] {0, BORDER - 5, BORDER, BORDER + 990}) {
        HostVector.view(vector, from, 10).put(3, 7 + from);
        assertThat(vector.getFloat(0, from + 3)).isEqualTo(7 + from);
        INDArray view = vector.get(point(0), interval(from, from + 10));
        assertThat(HostVector.view(view, 2, 3).get(1)).isEqualTo(7 + from);
      }
    }
  }

  @Test
  void whatGoesAcrossPiecesIsReadAndWrittenWhole() {
    INDArray array = Nd4j.arange(20).castTo(DataType.FLOAT);
    var vector = new HostVector(Tensor.dense(Address.of(array), Type.F32, 20), 3);
    float[] numbers = new float[5];
    vector.get(6, numbers, 5);
    assertThat(numbers).containsExactly(6, 7, 8, 9, 10);
    vector.put(14, new float[] {1, 2, 3, 4}, 4);
    assertThat(array.toFloatVector()).containsSequence(13, 1, 2, 3, 4, 18, 19);
    assertThatThrownBy(() -> vector.get(18, numbers, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void theNormOfALongVectorCountsItsEnd() {
    try (LongVector memory = new LongVector(BORDER + 1000);
        Device device = new OneDnnDevice(2)) {
      HostVector.view(memory.array(), 1, 1).put(0, 3);
      HostVector.view(memory.array(), BORDER + 999, 1).put(0, 4);
      assertThat(device.sumOfSquares(device.imageOf(memory.array()))).isEqualTo(25);
    }
  }

  @Test
  void onlyRowMajorMemoryWithoutGapsIsDense() {
    INDArray array = Nd4j.arange(60).castTo(DataType.FLOAT).reshape(4, 3, 5);
    assertThat(HostVector.dense(array)).isSameAs(array);
    INDArray rows = array.get(interval(1, 3));
    assertThat(HostVector.dense(rows)).isSameAs(rows);
    INDArray permuted = array.permute(0, 2, 1);
    assertThat(HostVector.dense(permuted)).isNotSameAs(permuted).isEqualTo(permuted);
    assertThat(HostVector.dense(permuted).data().getFloat(1)).isEqualTo(5);
  }

  @Test
  void whatAVectorDoesNotHaveIsRefused() {
    INDArray vector = Nd4j.zeros(DataType.FLOAT, 10);
    assertThatThrownBy(() -> HostVector.view(vector, 8, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> HostVector.view(vector, -1, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostVector.view(Nd4j.zeros(DataType.DOUBLE, 10), 0, 10));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostVector.view(Nd4j.zeros(DataType.FLOAT, 4, 5).getColumn(1), 0, 4))
        .withMessageContaining("must be a flat fp32 vector; reshape or copy it");
  }
}
