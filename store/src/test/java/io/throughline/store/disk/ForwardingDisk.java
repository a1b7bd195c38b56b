package io.throughline.store.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.lucene.store.Directory;

/** A disk that does what another does; tests override what shall be different. */
public class ForwardingDisk implements Disk {
  private final Disk disk;

  protected ForwardingDisk(Disk disk) {
    this.disk = disk;
  }

  @Override
  public void createFolders(Path folder) throws IOException {
    disk.createFolders(folder);
  }

  @Override
  public List<String> list(Path folder) throws IOException {
    return disk.list(folder);
  }

  @Override
  public Output create(Path file) throws IOException {
    return disk.create(file);
  }

  @Override
  public Mapping map(Path file) throws IOException {
    return disk.map(file);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    disk.rename(from, to);
  }

  @Override
  public void link(Path file, Path alsoNamed) throws IOException {
    disk.link(file, alsoNamed);
  }

  @Override
  public void delete(Path file) throws IOException {
    disk.delete(file);
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    disk.syncFolder(folder);
  }

  @Override
  public Directory openIndex(Path folder) throws IOException {
    return disk.openIndex(folder);
  }

  @Override
  public long sizeBytes(Path file) throws IOException {
    return disk.sizeBytes(file);
  }

  @Override
  public long usableBytes(Path folder) throws IOException {
    return disk.usableBytes(folder);
  }
}
