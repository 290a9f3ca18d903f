package dev.batchloss.opencl;

import static dev.batchloss.opencl.KernelFamily.GPU;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowLayout;
import dev.batchloss.opencl.RowVariant.Call;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The choice of a variant, which is a function of the family, the device and the call. */
class RowVariantTest {
  private static final int[] CLASSES = {
    1,
    2,
    15,
    16,
    64,
    65,
    100,
    511,
    512,
    1000,
    1024,
    2048,
    2049,
    4096,
    8192,
    50_257,
    65_536,
    65_537,
    151_936,
    1 << 30,
    Integer.MAX_VALUE
  };
  private static final long[] LOCAL_MEMORIES = {
    1 << 10, 1 << 14, 1 << 15, 3 << 14, 1 << 16, 1 << 20
  };

  /** The smoke test refuses a device with less. */
  private static final long[] WORK_GROUPS = {64, 100, 256, 1024};

  /** A device of 10 units, 32 KiB of local memory and groups of up to 256 items. */
  @ParameterizedTest
  @CsvSource({
    // Side by side: what is strided, and what is short.
    "CPU, ACROSS, 1000, 5000, FLOAT32, ACROSS, 16, 16, 1, 0",
    "CPU, ACROSS, 1, 100000, FLOAT32, ACROSS, 16, 16, 1, 0",
    "CPU, ALONG, 1000, 15, FLOAT32, ACROSS, 16, 16, 1, 0",
    "CPU, ALONG, 1000, 16, FLOAT32, ALONG, 16, 64, 1, 0",
    "GPU, ACROSS, 1000, 5000, FLOAT32, ACROSS, 1, 8, 64, 0",
    "GPU, ACROSS, 1, 100000, FLOAT64, ACROSS, 1, 8, 64, 0",
    "GPU, ALONG, 1000, 64, FLOAT32, TILES, 1, 8, 32, 8320",
    "GPU, ALONG, 1000, 10, FLOAT64, TILES, 1, 8, 32, 2816",
    "GPU, ALONG, 1000, 63, FLOAT64, TILES, 1, 8, 32, 16128",
    "GPU, ALONG, 1000, 64, FLOAT64, ACROSS, 1, 8, 32, 0",
    // Along rows, kept in local memory while there is room beside the group's Totals.
    "GPU, ALONG, 1000, 65, FLOAT32, ALONG, 4, 4, 32, 272",
    "GPU, ALONG, 1000, 1000, FLOAT32, ALONG, 4, 4, 32, 4000",
    "GPU, ALONG, 1000, 1024, FLOAT32, ALONG, 4, 4, 64, 4096",
    "GPU, ALONG, 1000, 2560, FLOAT32, ALONG, 4, 4, 128, 10240",
    "GPU, ALONG, 1000, 4097, FLOAT32, ALONG, 4, 4, 256, 0",
    "GPU, ALONG, 1000, 1024, FLOAT64, ALONG, 4, 4, 64, 8192",
    "GPU, ALONG, 1000, 2048, FLOAT64, ALONG, 4, 4, 128, 0",
    "GPU, ALONG, 1000, 50257, FLOAT64, ALONG, 4, 4, 128, 0",
    // Split: fewer rows than twice the units, and more than one segment.
    "CPU, ALONG, 19, 65537, FLOAT32, SEGMENTS, 16, 64, 1, 0",
    "CPU, ALONG, 20, 65537, FLOAT32, ALONG, 16, 64, 1, 0",
    "CPU, ALONG, 19, 65536, FLOAT32, ALONG, 16, 64, 1, 0",
    "GPU, ALONG, 19, 65537, FLOAT32, SEGMENTS, 4, 4, 256, 0",
    "GPU, ALONG, 20, 65537, FLOAT32, ALONG, 4, 4, 256, 0",
    "GPU, ALONG, 19, 65536, FLOAT32, ALONG, 4, 4, 256, 0"
  })
  void choices(
      KernelFamily family,
      RowLayout layout,
      long rows,
      int classes,
      ElementType arithmetic,
      RowVariant.Walk walk,
      int lanes,
      int block,
      int group,
      long localBytes) {
    Call call = new Call(layout, rows, classes, arithmetic, true, true);
    assertThat(RowVariant.choose(family, TestDevice.describe().build(), call))
        .isEqualTo(new RowVariant(walk, lanes, block, group, localBytes));
  }

  @Test
  void whatCannotBeSplitOrKeptIsNot() {
    DeviceDescription device = TestDevice.describe().build();
    for (KernelFamily family : KernelFamily.values()) {
      Call whole = new Call(RowLayout.ALONG, 1, 1 << 20, ElementType.FLOAT32, false, true);
      assertThat(RowVariant.choose(family, device, whole).walk()).isEqualTo(RowVariant.Walk.ALONG);
    }
    Call unkept = new Call(RowLayout.ALONG, 9, 1000, ElementType.FLOAT32, true, false);
    assertThat(RowVariant.choose(GPU, device, unkept).localBytes()).isZero();
  }

  /** Whatever decides on the bits is the same for every number of rows and every use of the row. */
  @ParameterizedTest
  @EnumSource
  void rowsAndUsesDecideOnNoBit(KernelFamily family) {
    for (int classes : CLASSES) {
      Call one = new Call(RowLayout.ALONG, 1, classes, ElementType.FLOAT32, true, true);
      Call many = new Call(RowLayout.ALONG, 1 << 20, classes, ElementType.FLOAT32, false, false);
      DeviceDescription device = TestDevice.describe().build();
      RowVariant few = RowVariant.choose(family, device, one);
      RowVariant whole = RowVariant.choose(family, device, many);
      assertThat(few.lanes()).isEqualTo(whole.lanes());
      assertThat(few.block()).isEqualTo(whole.block());
      assertThat(few.group()).isEqualTo(whole.group());
    }
  }

  @ParameterizedTest
  @EnumSource
  void groupsArePowersOfTwoThatTheDeviceHasRoomFor(KernelFamily family) {
    for (RowLayout layout : RowLayout.values()) {
      for (int classes : CLASSES) {
        for (long localMemory : LOCAL_MEMORIES) {
          for (long maxWorkGroup : WORK_GROUPS) {
            for (long rows : new long[] {1, 1000}) {
              for (ElementType type :
                  new ElementType[] {ElementType.FLOAT32, ElementType.FLOAT64}) {
                DeviceDescription device =
                    TestDevice.describe()
                        .localMemory(localMemory)
                        .maxWorkGroup(maxWorkGroup)
                        .build();
                Call call = new Call(layout, rows, classes, type, true, true);
                requireFit(RowVariant.choose(family, device, call), device, call);
              }
            }
          }
        }
      }
    }
  }

  private static void requireFit(RowVariant variant, DeviceDescription device, Call call) {
    String what = variant + " on " + device + " for " + call;
    assertThat(Integer.bitCount(variant.group())).as(what).isEqualTo(1);
    assertThat((long) variant.group()).as(what).isLessThanOrEqualTo(device.maxWorkGroup());
    boolean reducesInGroups =
        variant.group() > 1
            && (variant.walk() == RowVariant.Walk.ALONG
                || variant.walk() == RowVariant.Walk.SEGMENTS);
    long perItem = (long) RowVariant.NUMBERS_PER_ITEM * call.arithmetic().bytes();
    long ofItems = reducesInGroups ? variant.group() * perItem : 0;
    assertThat(ofItems + variant.localBytes()).as(what).isLessThanOrEqualTo(device.localMemory());
    if (variant.localBytes() > 0 && variant.walk() == RowVariant.Walk.ALONG) {
      assertThat(variant.localBytes())
          .as(what)
          .isGreaterThanOrEqualTo((long) call.classes() * call.arithmetic().bytes());
    }
  }

  @Test
  void groupsForRows() {
    assertThat(new RowVariant(RowVariant.Walk.ALONG, 4, 4, 256, 0).groupsFor(1001)).isEqualTo(1001);
    assertThat(new RowVariant(RowVariant.Walk.ACROSS, 16, 16, 1, 0).groupsFor(33)).isEqualTo(3);
    assertThat(new RowVariant(RowVariant.Walk.TILES, 1, 8, 32, 99).groupsFor(33)).isEqualTo(2);
    assertThat(new RowVariant(RowVariant.Walk.ACROSS, 1, 8, 64, 0).groupsFor(1L << 32))
        .isEqualTo(1L << 26);
  }

  @Test
  void theKernelsHaveTheSameSegments() {
    assertThat(KernelSources.read("along"))
        .contains("#define SEGMENT " + RowVariant.SEGMENT + "\n");
  }
}
