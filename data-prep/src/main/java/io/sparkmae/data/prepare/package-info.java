/** The Spark job that writes prepared data, and the measuring and inspecting of data. */
package io.sparkmae.data.prepare;
