package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.cudaErrorMemoryAllocation;
import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaMalloc;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;
import static org.bytedeco.cuda.global.cudart.cudaMemsetAsync;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Device memory of one plan, with the images of host arrays; all is freed together. */
final class CudaMemory implements AutoCloseable {

  private final CUstream_st stream;
  private final List<Address> blocks = new ArrayList<>();
  private final List<Runnable> users = new ArrayList<>();
  private final List<Pointer> kept = new ArrayList<>();
  private final Map<Long, Image> images = new HashMap<>(); // by the host array's address
  private final Map<String, Tensor> scratch = new HashMap<>();

  /** A host array and its place on the device. */
  private record Image(CudaHost host, Tensor tensor) {}

  CudaMemory(CUstream_st stream) {
    this.stream = stream;
  }

  Tensor allocate(Type type, long... shape) {
    long bytes = Math.max(4, Tensor.dense(0, type, shape).length() * type.bytes());
    try (PointerPointer<Pointer> holder = new PointerPointer<>(1)) {
      int status = cudaMalloc(holder, bytes);
      if (status == cudaErrorMemoryAllocation) {
        cudaGetLastError(); // clears the error, which a later call would report
        throw new UnusableGpu(
            "Cannot take %,d MiB of the GPU's memory: %,d MiB are in use (take a smaller batch, or a larger train.gradient-accumulation, or give each worker a GPU of its own)"
                .formatted(bytes >> 20, Cuda.memoryInUse() >> 20));
      }
      Cuda.check(status);
      Address block = new Address(holder.get(0).address());
      blocks.add(block);
      Cuda.check(cudaMemsetAsync(block, 0, bytes, stream));
      return Tensor.dense(block.address(), type, shape);
    }
  }

  /** Returns memory that all callers of one role, type and length share, one after the other. */
  Tensor scratch(String role, Type type, long length) {
    return scratch.computeIfAbsent(role + type + length, key -> allocate(type, length));
  }

  /** Copies addresses to an array on the device; returns its address. */
  long addresses(long[] values) {
    Tensor array = allocate(Type.F32, 2L * values.length); // eight bytes each
    try (LongPointer host = new LongPointer(values)) {
      long bytes = (long) Long.BYTES * values.length;
      Cuda.check(
          cudaMemcpyAsync(
              new Address(array.address()), host, bytes, cudaMemcpyHostToDevice, stream));
      Cuda.check(cudaStreamSynchronize(stream));
    }
    return array.address();
  }

  boolean hasImageOf(INDArray host) {
    return images.containsKey(Address.of(host));
  }

  Tensor imageOf(INDArray host) {
    return image(host).tensor().reshape(host.shape());
  }

  /** Returns the host's side of the image of {@code host}. */
  CudaHost host(INDArray host) {
    return image(host).host();
  }

  private Image image(INDArray host) {
    return images.computeIfAbsent(Address.of(host), key -> newImage(host));
  }

  private Image newImage(INDArray host) {
    Image image = new Image(new CudaHost(host), allocate(Type.of(host), host.length()));
    send(image);
    return image;
  }

  private void send(Image image) {
    image.host().send(image.tensor().address(), stream);
  }

  void upload(INDArray host) {
    send(image(host));
  }

  /**
   * Starts to copy the image back to {@code host}, which is up to date once the stream is
   * synchronised.
   */
  void download(INDArray host) {
    Image image = image(host);
    image.host().fetch(image.tensor().address(), stream);
  }

  <P extends Pointer> P keep(P pointer) {
    kept.add(pointer);
    return pointer;
  }

  /** Registers {@code release} to run on close, before the memory is freed. */
  void closeWith(Runnable release) {
    users.add(release);
  }

  @Override
  public void close() {
    users.forEach(Runnable::run);
    users.clear();
    images.values().forEach(image -> image.host().close());
    blocks.forEach(block -> Cuda.check(cudaFree(block)));
    kept.forEach(Pointer::deallocate);
    blocks.clear();
    kept.clear();
    images.clear();
    scratch.clear();
  }
}
