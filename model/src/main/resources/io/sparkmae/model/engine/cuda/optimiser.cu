// Loss and optimiser: each block leaves a partial sum in fp64.

// Of n / columns rows the first *rows count.
extern "C" __global__ void squared_error(const float *prediction, const float *target,
                                         const int *rows, float *d, double *partial, i64 n,
                                         i64 columns) {
  i64 counted = *rows * columns;
  float scale = 2.0f / counted;
  double sum = 0;
  for (i64 i = thread(); i < n; i += threads()) {
    float difference = i < counted ? prediction[i] - target[i] : 0;
    sum += (double)difference * difference;
    d[i] = scale * difference;
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

extern "C" __global__ void squares(const float *x, double *partial, i64 n) {
  double sum = 0;
  for (i64 i = thread(); i < n; i += threads()) sum += (double)x[i] * x[i];
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// to = share * from + addend, which may be null.
extern "C" __global__ void add_share(const float *from, const float *addend, float *to, i64 n,
                                     float share) {
  for (i64 i = thread(); i < n; i += threads())
    to[i] = share * from[i] + (addend ? addend[i] : 0);
}

// One block of 256 threads; the mean is over *rows rows, or one if that is null.
extern "C" __global__ void finish_sum(const double *partial, double *sum, float *mean, i64 n,
                                      const int *rows, i64 columns) {
  double v = 0;
  for (i64 i = threadIdx.x; i < n; i += 256) v += partial[i];
  v = block_sum(v);
  if (threadIdx.x == 0) {
    *sum = v;
    if (mean) *mean = (float)(v / (rows ? *rows * columns : columns));
  }
}

// Ranges of at most 65,536 entries; a block takes one.
struct Range {
  float *params;
  const float *gradients;
  float *exp_avg;
  float *exp_avg_sq;
  i64 length;
  i64 decays;
};

extern "C" __global__ void adam_w(const Range *ranges, double *partial, float scale, float beta1,
                                  float one_minus_beta1, float beta2, float one_minus_beta2,
                                  float rate, float root, float epsilon, float keep) {
  Range r = ranges[blockIdx.x];
  if (!r.decays) keep = 1;
  double sum = 0;
  auto step = [&](float g, float &param, float &first, float &second) {
    sum += (double)g * g;
    g *= scale;
    first = beta1 * first + one_minus_beta1 * g;
    second = beta2 * second + one_minus_beta2 * (g * g);
    param = keep * param - rate * first / (sqrtf(second) * root + epsilon);
  };
  bool aligned = (((i64)r.params | (i64)r.gradients | (i64)r.exp_avg | (i64)r.exp_avg_sq) & 15) == 0;
  i64 vectors = aligned ? r.length / 8 : 0;
  for (i64 i = threadIdx.x; i < vectors; i += blockDim.x) {
    Eight g = eight(r.gradients, i), param = eight(r.params, i);
    Eight first = eight(r.exp_avg, i), second = eight(r.exp_avg_sq, i);
#pragma unroll
    for (int j = 0; j < 8; j++) step(g.v[j], param.v[j], first.v[j], second.v[j]);
    put(r.params, i, param);
    put(r.exp_avg, i, first);
    put(r.exp_avg_sq, i, second);
  }
  for (i64 i = 8 * vectors + threadIdx.x; i < r.length; i += blockDim.x)
    step(r.gradients[i], r.params[i], r.exp_avg[i], r.exp_avg_sq[i]);
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}
