package io.sparkmae.job.probe;

/**
 * How many test rows of one class were predicted correctly.
 *
 * @param name the class's name, or its label where the data has no names
 * @param top1 share of the class's rows whose class came first; 0 without rows
 * @param top5 share of the class's rows whose class was among the first five; 0 without rows
 * @param rows test rows of the class
 */
record ClassAccuracy(int label, String name, double top1, double top5, long rows) {}
