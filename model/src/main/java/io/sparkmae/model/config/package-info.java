/**
 * Names and settings of a model: sizes, precision, engine, and the tables that follow from them.
 */
package io.sparkmae.model.config;
