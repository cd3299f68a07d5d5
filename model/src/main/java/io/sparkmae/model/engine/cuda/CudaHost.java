package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaHostRegister;
import static org.bytedeco.cuda.global.cudart.cudaHostRegisterDefault;
import static org.bytedeco.cuda.global.cudart.cudaHostUnregister;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Type;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A host array that is copied to and from a GPU. Its whole pages are pinned: their copies are
 * faster and do not block the thread.
 *
 * <p>The pages at its ends may be shared with other arrays, and a page can be pinned only once.
 * They are not pinned, and copied separately, since one copy must not cross the border of pinned
 * memory.
 */
final class CudaHost implements AutoCloseable {

  private static final long PAGE = 4096;

  private final long start;
  private final long end;
  private final long firstPinned;
  private final long endPinned; // both are the array's end if nothing is pinned

  CudaHost(INDArray array) {
    start = Address.of(array);
    end = start + array.length() * Type.of(array).bytes();
    long first = (start + PAGE - 1) / PAGE * PAGE;
    long pages = end / PAGE * PAGE - first;
    boolean pinned =
        pages > 0 && cudaHostRegister(new Address(first), pages, cudaHostRegisterDefault) == 0;
    if (!pinned) {
      cudaGetLastError(); // not pinned: slower, but correct
    }
    firstPinned = pinned ? first : end;
    endPinned = pinned ? first + pages : end;
  }

  /** Starts to copy the array to a GPU's memory. */
  void send(long image, CUstream_st stream) {
    copy(image, cudaMemcpyHostToDevice, stream);
  }

  /** Starts to copy a GPU's memory to the array. */
  void fetch(long image, CUstream_st stream) {
    copy(image, cudaMemcpyDeviceToHost, stream);
  }

  private void copy(long image, int direction, CUstream_st stream) {
    copy(start, firstPinned, image, direction, stream);
    copy(firstPinned, endPinned, image, direction, stream);
    copy(endPinned, end, image, direction, stream);
  }

  private void copy(long from, long to, long image, int direction, CUstream_st stream) {
    if (from < to) {
      Address here = new Address(from);
      Address there = new Address(image + from - start);
      boolean up = direction == cudaMemcpyHostToDevice;
      Cuda.check(
          cudaMemcpyAsync(up ? there : here, up ? here : there, to - from, direction, stream));
    }
  }

  @Override
  public void close() {
    if (endPinned > firstPinned) {
      Cuda.check(cudaHostUnregister(new Address(firstPinned)));
    }
  }
}
