package io.sparkmae.model;

import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.samediff.SameDiffGraphVertex;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The runtime form of a {@link MaeVertex}, with two corrections to its gradient.
 *
 * <p>SameDiff 1.0.0-M2.1 has two defects. It counts the error from outside twice (its
 * ExternalErrorsFunction both sets and returns it), so every SameDiff vertex doubles the gradient:
 * 2ⁿ after n vertices. Halving the error first corrects this exactly. And it allocates the
 * constants of the backward graph in the open workspace, where the next step overwrites them.
 */
@SuppressWarnings("overrides") // its parent implements setInputs(INDArray...) with an array
final class MaeVertexStep extends SameDiffGraphVertex {

  private static final long serialVersionUID = 1;

  MaeVertexStep(
      MaeVertex config,
      ComputationGraph graph,
      String name,
      int index,
      INDArray params,
      DataType type) {
    super(config, graph, name, index, params, false, type);
  }

  @Override
  public Pair<Gradient, INDArray[]> doBackward(boolean tbptt, LayerWorkspaceMgr workspaces) {
    createGradientOutsideWorkspaces();
    epsilon.muli(0.5);
    return super.doBackward(tbptt, workspaces);
  }

  @SuppressWarnings("try") // only the scope is used
  private void createGradientOutsideWorkspaces() {
    if (!sameDiff.hasGradientFunction()) {
      try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
        sameDiff.createGradFunction(config.getVertexParams().getInputs().toArray(String[]::new));
      }
    }
  }
}
