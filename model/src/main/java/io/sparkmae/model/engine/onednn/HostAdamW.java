package io.sparkmae.model.engine.onednn;

import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.HostVector;

/** AdamW on a range of parameters in host memory, in one pass. */
record HostAdamW(
    HostVector params,
    HostVector gradients,
    HostVector expAvg,
    HostVector expAvgSq,
    boolean decays) {

  static HostAdamW of(AdamWRange range) {
    return new HostAdamW(
        new HostVector(range.params()),
        new HostVector(range.gradients()),
        new HostVector(range.expAvg()),
        new HostVector(range.expAvgSq()),
        range.decays());
  }

  /** Returns one step as a loop, which sums g². */
  HostLoops.Loop step(AdamWRates rates) {
    return new HostLoops.Loop(
        params.length(), (from, n, buffers) -> update(from, n, buffers, rates));
  }

  private void update(long from, int n, HostLoops.Buffers buffers, AdamWRates rates) {
    params.get(from, buffers.a, n);
    gradients.get(from, buffers.b, n);
    expAvg.get(from, buffers.c, n);
    expAvgSq.get(from, buffers.d, n);
    buffers.addSquares(buffers.b, n);
    update(buffers.a, buffers.b, buffers.c, buffers.d, n, rates, decays);
    params.put(from, buffers.a, n);
    expAvg.put(from, buffers.c, n);
    expAvgSq.put(from, buffers.d, n);
  }

  private static void update(
      float[] p, float[] g, float[] m, float[] v, int n, AdamWRates rates, boolean decays) {
    float scale = (float) rates.gradientScale();
    float beta1 = (float) rates.beta1();
    float oneMinusBeta1 = (float) (1 - rates.beta1());
    float beta2 = (float) rates.beta2();
    float oneMinusBeta2 = (float) (1 - rates.beta2());
    float rate = (float) rates.rate();
    float root = (float) rates.root();
    float epsilon = (float) rates.epsilon();
    float keep = (float) (decays ? 1 - rates.decay() : 1);
    for (int i = 0; i < n; i++) {
      float gradient = g[i] * scale;
      float first = beta1 * m[i] + oneMinusBeta1 * gradient;
      float second = beta2 * v[i] + oneMinusBeta2 * (gradient * gradient);
      m[i] = first;
      v[i] = second;
      p[i] = keep * p[i] - rate * first / ((float) Math.sqrt(second) * root + epsilon);
    }
  }
}
