package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.cudaEventCreateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaEventDestroy;
import static org.bytedeco.cuda.global.cudart.cudaEventDisableTiming;
import static org.bytedeco.cuda.global.cudart.cudaEventRecord;
import static org.bytedeco.cuda.global.cudart.cudaEventSynchronize;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToDevice;
import static org.bytedeco.cuda.global.cudart.cudaStreamWaitEvent;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Feed;
import io.sparkmae.model.engine.device.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Transfers inputs to a GPU while it computes. A stream of its own copies pinned memory to a
 * landing buffer on the GPU; from there the work's stream copies it to the images that the work
 * reads.
 */
final class CudaFeed implements Feed {

  private final Runnable enter;
  private final CUstream_st uploads;
  private final CUstream_st works;
  private final CUevent_st sent = new CUevent_st();
  private final CUevent_st taken = new CUevent_st();
  private final List<Leg> legs = new ArrayList<>();

  private record Leg(CudaHost host, Pointer landing, Pointer image, long bytes) {
    static Leg of(INDArray array, CudaMemory memory) {
      Tensor image = memory.imageOf(array);
      Tensor landing = memory.allocate(image.type(), image.shape());
      return new Leg(
          memory.host(array),
          new Address(landing.address()),
          new Address(image.address()),
          image.length() * image.type().bytes());
    }
  }

  /**
   * Makes a feed from {@code hosts} to their images in {@code memory}.
   *
   * @param enter makes the GPU current for the calling thread
   */
  CudaFeed(
      Runnable enter,
      CUstream_st uploads,
      CUstream_st works,
      CudaMemory memory,
      List<INDArray> hosts) {
    this.enter = enter;
    this.uploads = uploads;
    this.works = works;
    Cuda.check(cudaEventCreateWithFlags(sent, cudaEventDisableTiming));
    Cuda.check(cudaEventCreateWithFlags(taken, cudaEventDisableTiming));
    for (INDArray host : hosts) {
      legs.add(Leg.of(host, memory));
    }
    // for the first send: the landings are allocated and zeroed
    Cuda.check(cudaEventRecord(taken, works));
    memory.closeWith(
        () -> {
          cudaEventSynchronize(sent); // a batch that was sent and never taken
          cudaEventDestroy(sent);
          cudaEventDestroy(taken);
        });
  }

  @Override
  public void await() {
    enter.run();
    Cuda.check(cudaEventSynchronize(sent));
  }

  @Override
  public void send() {
    enter.run();
    Cuda.check(cudaStreamWaitEvent(uploads, taken, 0)); // the last batch has left the landing
    for (Leg leg : legs) {
      leg.host.send(leg.landing.address(), uploads);
    }
    Cuda.check(cudaEventRecord(sent, uploads));
  }

  @Override
  public void take() {
    enter.run();
    Cuda.check(cudaStreamWaitEvent(works, sent, 0));
    for (Leg leg : legs) {
      Cuda.check(
          cudaMemcpyAsync(leg.image, leg.landing, leg.bytes, cudaMemcpyDeviceToDevice, works));
    }
    Cuda.check(cudaEventRecord(taken, works));
  }
}
