package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.query.catalogue.Signal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What one strip is made of, before anything is read: its lines, and for each line the places its signal
 * may be found, best first.
 */
final class StripPlan {

  /**
   * One place a line's values may come from.
   *
   * @param over a second signal that divides the first, part by part; "" where there is none
   */
  record Place(String signal, List<Part> parts, String category, String over) {

    Columns columns(ColumnFolder.Fold fold, Grid grid, Evaluator evaluator, Catalogue catalogue) {
      if (over.isEmpty()) {
        return columns(signal, series(), fold, grid, evaluator, catalogue);
      }
      var sum = new Columns(grid);
      for (var part : parts) {
        sum.add(columns(signal, part.series(signal), fold, grid, evaluator, catalogue)
            .over(columns(over, part.series(over), fold, grid, evaluator, catalogue)));
      }
      return sum;
    }

    private static Columns columns(String signal, List<SeriesRef> series, ColumnFolder.Fold fold,
        Grid grid, Evaluator evaluator, Catalogue catalogue) {
      if (series.isEmpty()) {
        return new Columns(grid);
      }
      var known = catalogue.signal(signal);
      var kind = known == null ? Signal.Kind.GAUGE : known.kind();
      return kind == Signal.Kind.HISTOGRAM
          ? evaluator.sumRate(series, grid)
          : evaluator.line(series, kind, grid, fold);
    }

    List<SeriesRef> series() {
      var series = new ArrayList<SeriesRef>();
      for (var part : parts) {
        for (var ref : part.series(signal)) {
          if (category.isEmpty() || ref.category.equals(category)) {
            series.add(ref);
          }
        }
      }
      return series;
    }

    /** The categories that occur, in order. */
    Set<String> categories() {
      var categories = new LinkedHashSet<String>();
      for (var part : parts) {
        part.series(signal).forEach(ref -> categories.add(ref.category));
      }
      return categories;
    }
  }

  /**
   * One line, possibly a share: its places over the places of what it is a share of.
   *
   * @param over empty where the line is no share
   * @param rest whether the line is {@code over} minus its places instead of their share
   */
  record LinePlan(String name, String role, String unit, ColumnFolder.Fold fold, List<Place> places,
      List<Place> over, boolean rest, String ifNoEntity) {}

  private final String id;
  private final String title;
  private final String unit;
  private final List<LinePlan> lines = new ArrayList<>();

  StripPlan(String id, String title, String unit) {
    this.id = id;
    this.title = title;
    this.unit = unit;
  }

  StripPlan line(String name, String role, ColumnFolder.Fold fold, String ifNoEntity,
      Place... places) {
    return line(name, role, "", fold, ifNoEntity, places);
  }

  StripPlan line(String name, String role, String ownUnit, ColumnFolder.Fold fold,
      String ifNoEntity, Place... places) {
    lines.add(
        new LinePlan(name, role, ownUnit, fold, List.of(places), List.of(), false, ifNoEntity));
    return this;
  }

  StripPlan share(String name, String role, ColumnFolder.Fold fold, String ifNoEntity, Place of,
      Place whole) {
    return share(name, role, "", fold, ifNoEntity, of, whole);
  }

  StripPlan share(String name, String role, String ownUnit, ColumnFolder.Fold fold,
      String ifNoEntity, Place of, Place whole) {
    lines.add(
        new LinePlan(name, role, ownUnit, fold, List.of(of), List.of(whole), false, ifNoEntity));
    return this;
  }

  StripPlan rest(String name, String role, ColumnFolder.Fold fold, String ifNoEntity, Place of,
      Place whole) {
    lines.add(new LinePlan(name, role, "", fold, List.of(of), List.of(whole), true, ifNoEntity));
    return this;
  }

  String id() {
    return id;
  }

  String title() {
    return title;
  }

  String unit() {
    return unit;
  }

  List<LinePlan> lines() {
    return lines;
  }

  /** Every series the strip may read. */
  List<SeriesRef> series() {
    var series = new ArrayList<SeriesRef>();
    for (var line : lines) {
      line.places().forEach(place -> series.addAll(place.series()));
      line.over().forEach(place -> series.addAll(place.series()));
    }
    return series;
  }

  Strip evaluate(Grid grid, Evaluator evaluator, Reasons reasons, Catalogue catalogue) {
    var measured = new ArrayList<Strip.Line>();
    var notes = new LinkedHashSet<String>();
    for (var line : lines) {
      measured.add(evaluate(line, grid, evaluator, reasons, catalogue, notes));
    }
    return Strip.ofLines(id, title, unit, grid, measured, List.copyOf(notes));
  }

  private static Strip.Line evaluate(LinePlan line, Grid grid, Evaluator evaluator, Reasons reasons,
      Catalogue catalogue, Set<String> notes) {
    var columns = first(line, line.places(), grid, evaluator, catalogue, notes);
    if (!columns.isEmpty() && !line.over().isEmpty()) {
      var whole = first(line, line.over(), grid, evaluator, catalogue, notes);
      if (whole.isEmpty()) {
        return Strip.Line.missing(line.name(), line.role(), line.unit(),
            why(line.over(), reasons, line));
      }
      columns = line.rest() ? columns.subtractedFrom(whole) : columns.over(whole);
      if (columns.isEmpty()) {
        return Strip.Line.missing(line.name(), line.role(), line.unit(),
            Reasons.noWhole(line.over()
                .stream()
                .flatMap(place -> place.series().stream())
                .map(ref -> ref.mapping.metric())
                .findFirst()
                .orElse("")));
      }
    }
    return columns.isEmpty()
        ? Strip.Line.missing(line.name(), line.role(), line.unit(),
            why(line.places(), reasons, line))
        : Strip.Line.measured(line.name(), line.role(), line.unit(), columns);
  }

  private static String why(List<Place> places, Reasons reasons, LinePlan line) {
    return reasons.why(places.stream()
        .map(place -> new Reasons.Place(place.signal(), place.parts(), place.category()))
        .toList(), line.ifNoEntity());
  }

  private static Columns first(LinePlan line, List<Place> places, Grid grid, Evaluator evaluator,
      Catalogue catalogue, Set<String> notes) {
    for (var place : places) {
      var columns = place.columns(line.fold(), grid, evaluator, catalogue);
      if (!columns.isEmpty()) {
        // Of the node's own page a line can only be the node's.
        if (place.parts().getFirst().entity().kind() == Entity.Kind.NODE && places.size() > 1
            && !line.ifNoEntity().isEmpty()) {
          notes.add("of the node, shared with everything else on it");
        }
        return columns;
      }
    }
    return new Columns(grid);
  }
}
