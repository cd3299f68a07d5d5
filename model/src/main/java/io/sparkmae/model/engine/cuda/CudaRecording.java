package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.cudaEventCreate;
import static org.bytedeco.cuda.global.cudart.cudaEventDestroy;
import static org.bytedeco.cuda.global.cudart.cudaEventElapsedTime;
import static org.bytedeco.cuda.global.cudart.cudaEventRecord;
import static org.bytedeco.cuda.global.cudart.cudaEventSynchronize;
import static org.bytedeco.cuda.global.cudart.cudaGraphDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphExecDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphInstantiateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaGraphLaunch;
import static org.bytedeco.cuda.global.cudart.cudaStreamBeginCapture;
import static org.bytedeco.cuda.global.cudart.cudaStreamCaptureModeThreadLocal;
import static org.bytedeco.cuda.global.cudart.cudaStreamEndCapture;

import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.TimedWork;
import java.util.List;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;

/**
 * Work that is launched one by one in the first run, and as one CUDA graph from the second run on.
 */
final class CudaRecording implements TimedWork {

  private final Runnable works;
  private final CUstream_st stream;
  private final CUevent_st begun = new CUevent_st();
  private final CUevent_st ended = new CUevent_st();
  private boolean warm; // libraries initialise in the first run, which a graph cannot record
  private CUgraphExec_st recorded;

  CudaRecording(List<Runnable> works, CUstream_st stream) {
    this.works = new InTurn(works);
    this.stream = stream;
    Cuda.check(cudaEventCreate(begun));
    Cuda.check(cudaEventCreate(ended));
  }

  @Override
  public void run() {
    if (warm && recorded == null) {
      record();
    }
    Cuda.check(cudaEventRecord(begun, stream));
    if (warm) {
      Cuda.check(cudaGraphLaunch(recorded, stream));
    } else {
      works.run();
      warm = true;
    }
    Cuda.check(cudaEventRecord(ended, stream));
  }

  @Override
  public long nanoseconds() {
    float[] milliseconds = new float[1];
    Cuda.check(cudaEventSynchronize(ended));
    Cuda.check(cudaEventElapsedTime(milliseconds, begun, ended));
    return (long) (milliseconds[0] * 1e6);
  }

  private void record() {
    CUgraph_st graph = new CUgraph_st();
    Cuda.check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    works.run();
    Cuda.check(cudaStreamEndCapture(stream, graph));
    CUgraphExec_st executable = new CUgraphExec_st();
    Cuda.check(cudaGraphInstantiateWithFlags(executable, graph, 0));
    Cuda.check(cudaGraphDestroy(graph));
    recorded = executable;
  }

  void close() {
    cudaEventDestroy(begun);
    cudaEventDestroy(ended);
    if (recorded != null) {
      Cuda.check(cudaGraphExecDestroy(recorded));
      recorded = null;
    }
  }
}
