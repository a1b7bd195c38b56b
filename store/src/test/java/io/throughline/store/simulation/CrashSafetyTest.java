package io.throughline.store.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The store lives through crashes, torn writes and failing disks; and the simulator that says so finds the
 * defects that are planted to try it, within the same seeds.
 */
final class CrashSafetyTest {
  private static final long SEEDS = Long.getLong("throughline.store.crash-seeds", 200);

  static LongStream seeds() {
    return LongStream.range(0, SEEDS);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void noCrashAndNoFailingDiskLosesOrRepeatsOrBringsBackASample(long seed) {
    assertThat(new Scenario().apply(seed)).isEmpty();
  }

  static List<DefectLoader.Defect> defects() {
    return List.of(
        new DefectLoader.Defect("a part is not synced", "part.PartWriter", "finish",
            "disk.Disk$Output.sync", "noSync"),
        new DefectLoader.Defect("small files are not synced", "disk.SealedFile", "write",
            "disk.Disk$Output.sync", "noSync"),
        new DefectLoader.Defect("the folder is not synced before a flush's manifest", "Shard",
            "commitFlush", "disk.Disk.syncFolder", "noFolderSync"),
        new DefectLoader.Defect("the folder is not synced before a merge's manifest", "Upkeep",
            "rewrite", "disk.Disk.syncFolder", "noFolderSync"),
        new DefectLoader.Defect("the folder is not synced behind the manifest's rename",
            "manifest.Manifest", "write", "disk.Disk.syncFolder", "noFolderSync"),
        new DefectLoader.Defect("the manifest is renamed before it is synced", "manifest.Manifest",
            "write", "disk.SealedFile.write", "writeUnsynced"),
        new DefectLoader.Defect("the manifest's offset is one high", "Shard", "commitFlush",
            "manifest.Manifest.write", "writeOneHigh"),
        new DefectLoader.Defect("a merge lets the older sample win", "compact.Merger", "merge",
            "compact.SampleMerge.merge", "mergeSwapped"),
        new DefectLoader.Defect("a read lets the older sample win", "SeriesReader", "addNewer",
            "compact.SampleMerge.merge", "mergeSwapped"),
        new DefectLoader.Defect("a flush keeps the first of equal times", "Shard", "writeHead",
            "compact.SampleMerge.sort", "sortKeepingFirst"),
        new DefectLoader.Defect("merged parts are deleted before the manifest says so", "Shard",
            "replace", "manifest.Manifest.write", "deletePartsFirst"),
        new DefectLoader.Defect("old state is deleted before the manifest says so", "Shard",
            "commitFlush", "manifest.Manifest.write", "deleteStateFirst"),
        new DefectLoader.Defect("the delta table is not written", "Shard", "flushAll",
            "head.DeltaTable.isDirty", "neverDirty"),
        new DefectLoader.Defect("the delta table is not read", "Shard", "readDeltas",
            "head.DeltaTable.restore", "restoreNothing"),
        new DefectLoader.Defect("file numbers are used twice", "Shard", "commitFlush",
            "java.util.concurrent.atomic.AtomicLong.get", "oneLow"),
        new DefectLoader.Defect("a manifest that failed counts as written", "Shard", "commitFlush",
            "manifest.Manifest.write", "writeSwallowing"),
        new DefectLoader.Defect("the registry counts as flushed though the flush failed", "Shard",
            "flushAll", "series.RegistryFile.write", "writeAndForget"),
        new DefectLoader.Defect("a flush forgets deletions", "Shard", "commitFlush",
            "manifest.Manifest.write", "writeWithoutTombstones"),
        new DefectLoader.Defect("a deletion is not durable when it returns", "Shard", "delete",
            "manifest.Manifest.write", "writeNothing"),
        new DefectLoader.Defect("a merge leaves deleted samples in and calls the part clean",
            "compact.Merger", "merge", "deletion.Deletions.removeFrom", "removeNothing"),
        new DefectLoader.Defect("a merge deletes also what came after the deletion",
            "compact.Merger", "merge", "part.Part.cleaned", "neverCleaned"),
        new DefectLoader.Defect("a read hides also parts that came after the deletion",
            "SeriesReader", "readPart", "part.Part.cleaned", "neverCleaned"),
        new DefectLoader.Defect("a replay brings back what was deleted", "Shard", "<init>",
            "deletion.Deletions.opened", "openedAsCovered"),
        new DefectLoader.Defect("a deletion hides what the head gets later", "SeriesReader", "read",
            "deletion.Deletions.hiddenInHead", "hiddenForEver"),
        new DefectLoader.Defect("a replay never reaches the deletion", "Shard", "applied",
            "deletion.Deletions.reached", "neverReached"),
        new DefectLoader.Defect("a deletion is forgotten while a part still holds its samples",
            "Shard", "needed", "deletion.Deletions.needed", "forgetEarly"),
        new DefectLoader.Defect("what was opened is not made durable", "manifest.Manifest", "read",
            "manifest.Manifest.write", "writeNothing"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("defects")
  void aPlantedDefectIsFoundWithinTheSameSeeds(DefectLoader.Defect defect)
      throws ReflectiveOperationException {
    var loader = new DefectLoader(defect);
    var scenario = loader.scenario();
    var found = "";
    for (long seed = 0; seed < SEEDS && found.isEmpty(); seed++) {
      found = scenario.apply(seed);
    }

    assertThat(loader.planted()).as("calls that were replaced").isPositive();
    assertThat(found).isNotEmpty();
  }

  @Test
  void moreLivesEndWellForAsLongAsIsAsked() {
    long until = System.nanoTime()
        + TimeUnit.MINUTES.toNanos(Long.getLong("throughline.long.minutes", 0));
    long seed = Long.getLong("throughline.seed", 1_000_000);
    do {
      assertThat(new Scenario().apply(seed++)).isEmpty();
    } while (System.nanoTime() < until);
  }

  @Test
  void atLeastTwentyDefectsArePlanted() {
    assertThat(defects()).hasSizeGreaterThanOrEqualTo(20);
  }
}
