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
 * A host array as a GPU sees it, its whole pages pinned: copies from and to those are faster, and
 * do not hold up the thread.
 *
 * <p>The pages at its ends may be other arrays' too, and can be pinned once; and a copy must not go
 * across the border of what is pinned. So they are left as they are, and copied by themselves.
 */
final class CudaHost implements AutoCloseable {

  private static final long PAGE = 4096;

  private final long start;
  private final long end;
  private final long firstPinned;
  private final long endPinned; // both are the end if nothing is

  CudaHost(INDArray array) {
    start = Address.of(array);
    end = start + array.length() * Type.of(array).bytes();
    long first = (start + PAGE - 1) / PAGE * PAGE;
    long pages = end / PAGE * PAGE - first;
    boolean pinned =
        pages > 0 && cudaHostRegister(new Address(first), pages, cudaHostRegisterDefault) == 0;
    if (!pinned) {
      cudaGetLastError(); // slower, not wrong
    }
    firstPinned = pinned ? first : end;
    endPinned = pinned ? first + pages : end;
  }

  /** Begins to copy the array to a GPU's memory. */
  void send(long image, CUstream_st stream) {
    copy(image, cudaMemcpyHostToDevice, stream);
  }

  /** Begins to copy a GPU's memory to the array. */
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
