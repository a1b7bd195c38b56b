package io.throughline.store.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

class PagePoolTest {
  private final PagePool pool = new PagePool(2);

  @Test
  void aPageThatWasGivenBackIsTakenAgain() {
    var page = pool.take();

    pool.give(new PagePool.Page[] {page}, 1);

    assertThat(pool.take()).isSameAs(page);
    assertThat(pool.take()).isNotSameAs(page);
  }

  @Test
  void moreThanItHoldsIsLeftToTheCollector() {
    var pages = new PagePool.Page[] {pool.take(), pool.take(), pool.take()};

    pool.give(pages, pages.length);

    assertThat(new PagePool.Page[] {pool.take(), pool.take()}).containsExactlyInAnyOrder(pages[0],
        pages[1]);
    assertThat(pool.take()).isNotIn((Object[]) pages);
  }

  @Test
  void whatNoHeadTakesAgainGoesWithTheNextCollection() {
    var page = new WeakReference<>(given());

    // One request for a collection may meet one that has begun before the page was given.
    for (int i = 0; i < 10 && page.get() != null; i++) {
      System.gc();
    }

    assertThat(page.get()).isNull();
    assertThat(pool.take()).isNotNull();
  }

  private PagePool.Page given() {
    var page = pool.take();
    pool.give(new PagePool.Page[] {page}, 1);
    return page;
  }
}
