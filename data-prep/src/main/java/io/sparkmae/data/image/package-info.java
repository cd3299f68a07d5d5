/**
 * Encoded images to crops to patches, and their reasons for refusal; it knows neither Hadoop nor
 * Spark.
 */
package io.sparkmae.data.image;
