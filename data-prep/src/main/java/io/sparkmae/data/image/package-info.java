/**
 * The way from encoded images to crops and patches, and the reasons to reject images; independent
 * of Hadoop and Spark.
 */
package io.sparkmae.data.image;
