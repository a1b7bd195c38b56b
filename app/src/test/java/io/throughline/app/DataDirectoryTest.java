package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  @TempDir
  private Path folder;

  @Test
  void itRemembersWhatItsShardsBelongTo() throws Exception {
    DataDirectory.Identity made;
    try (var data = DataDirectory.open(folder)) {
      assertThat(data.identity()).isNull();
      made = data.claim("cluster-a", 4);
    }

    try (var data = DataDirectory.open(folder)) {
      assertThat(data.claim("cluster-a", 4)).isEqualTo(made);
      assertThatThrownBy(() -> data.claim("cluster-a", 8)).isInstanceOf(StartFailure.class)
          .hasMessageContaining("4 partitions, got 8: start with --partitions 4");
      assertThatThrownBy(() -> data.claim("cluster-b", 4)).isInstanceOf(StartFailure.class)
          .hasMessageContaining("id cluster-a, got cluster-b");
      assertThat(data.identity()).isEqualTo(made);
    }
  }

  @Test
  void oneProcessHasItAlone() throws Exception {
    try (var data = DataDirectory.open(folder)) {
      assertThat(data.folder()).isEqualTo(folder);
      assertThatThrownBy(() -> DataDirectory.open(folder)).isInstanceOf(StartFailure.class)
          .hasMessageContaining(folder + " is in use by another throughline process");
    }

    DataDirectory.open(folder).close();
  }

  @Test
  void anIdentityThatCannotBeReadIsNotOverwritten() throws Exception {
    var file = folder.resolve("identity.json");
    Files.writeString(file, "{\"formatVersion\": 1, \"clus");
    try (var data = DataDirectory.open(folder)) {
      assertThatThrownBy(() -> data.claim("a", 4)).isInstanceOf(StartFailure.class)
          .hasMessageContaining("cannot read " + file);
      assertThat(Files.readString(file)).isEqualTo("{\"formatVersion\": 1, \"clus");

      Files.writeString(file, "{\"formatVersion\": 9}");

      assertThatThrownBy(() -> data.claim("a", 4)).isInstanceOf(StartFailure.class)
          .hasMessageContaining("has format version 9, this throughline knows 1");
    }
  }

  @Test
  void aFileInTheDirectorysPlaceIsNamed() throws Exception {
    var file = Files.writeString(folder.resolve("taken"), "");

    assertThatThrownBy(() -> DataDirectory.open(file)).isInstanceOf(StartFailure.class)
        .hasMessageContaining("cannot make the data directory " + file);
  }
}
