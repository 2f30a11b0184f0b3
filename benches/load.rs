//! What an object costs on its way from the wire into the store: decoding, projecting, applying, packing.

mod common;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use kdeck::model::{Row, ShardKey, Text, WatchScope};
use kdeck::store::Store;

fn main() {
    println!(
        "a pod: {} bytes of JSON; a row: {} bytes and its heap",
        common::pod(1, 0).len(),
        size_of::<Row>()
    );
    let loaded = common::loaded(10_000);
    println!("10,000 pods in the store: {} bytes each (its own estimate)", loaded.shard.bytes() / 10_000);
    drop(loaded.store);
    divan::main();
}

#[divan::bench]
fn project_a_pod(bencher: Bencher) {
    let (kind, mut ctx, text) = (common::kind(), common::projecting(), common::pod(1, 0));
    bencher
        .counter(BytesCount::of_slice(&text))
        .bench_local(|| kind.project(&text, &mut ctx).map(|row| row.cells.len()));
}

#[divan::bench(sample_count = 10)]
fn ten_thousand_pods_into_an_empty_store(bencher: Bencher) {
    let texts: Vec<Vec<u8>> = (0..10_000).map(|i| common::pod(i, 0)).collect();
    let kind = common::kind();
    bencher.counter(ItemsCount::new(texts.len())).bench_local(|| {
        let store = Store::new(std::sync::Arc::default());
        let shard = store.shard(&ShardKey {
            cluster: common::cluster(),
            kind: kind.id.clone(),
            scope: WatchScope::All,
        });
        let (all, mut ctx): (Text, _) = ("".into(), common::projecting());
        shard.begin_list(&all);
        for texts in texts.chunks(256) {
            shard.apply(&all, texts.iter().map(|text| common::change(text, &mut ctx)).collect());
        }
        shard.end_list(&all, common::NOW);
        shard.pack();
        shard.bytes()
    });
}

#[divan::bench(args = [1, 20, 256])]
fn a_batch_into_ten_thousand(bencher: Bencher, size: usize) {
    let mut loaded = common::loaded(10_000);
    let (all, mut turn): (Text, _) = ("".into(), 0);
    bencher
        .counter(ItemsCount::new(size))
        .with_inputs(|| {
            turn += 1;
            common::changes((0..size).map(|i| i * 31 % 10_000), turn, &mut loaded.ctx)
        })
        .bench_local_values(|changes| loaded.shard.apply(&all, changes));
}
