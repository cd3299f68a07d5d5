/** Augmentations of labelled images: RandAugment, random erasing, mixup and cutmix. */
package io.sparkmae.data.augment;
