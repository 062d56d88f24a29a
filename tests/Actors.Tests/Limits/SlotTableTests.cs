using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Runner.Actors.Limits;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Limits;

public sealed class SlotTableTests
{
    private const string Node = "node:n";
    private static readonly NodePlaces Places = new(
        [new NodePlace("n", int.MaxValue, ImmutableSortedDictionary<string, string>.Empty)], isShared: false);
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SlotTable _table = new(Places);
    private readonly List<Guid> _granted = [];
    private readonly List<(Guid Run, string Full)> _sent = [];

    [Fact]
    public void Waiters_are_served_by_priority_then_by_how_long_they_are_ready()
    {
        Size("db", 0);
        var (late, early, urgent) = (Run(1, 20, "db"), Run(2, 10, "db"), Run(3, 30, "db") with { Priority = 5 });
        Park("db", late, early, urgent);

        Size("db", 3);
        Dispatch("db");

        Assert.Equal([urgent.Run, early.Run, late.Run], _granted);
    }

    [Fact]
    public void Limits_in_use_are_listed_by_name_page_by_page_also_after_one_that_is_gone()
    {
        foreach (var name in (string[])["d", "b", "a", "c", "e"])
        {
            Size(name, 1);
        }

        _table.Book("unused");
        var first = _table.Page(new ListLimits(2), 10);
        _table.Book("b").Size = null;
        var second = _table.Page(new ListLimits(2, first.Next), 10);
        var third = _table.Page(new ListLimits(2, second.Next), 10);

        Assert.Equal(["a", "b", "c", "d", "e"], first.Items.Concat(second.Items).Concat(third.Items).Select(l => l.Name));
        Assert.Equal("b", first.Next);
        Assert.Null(third.Next);
        Assert.Empty(_table.Page(new ListLimits(2, "zzz"), 10).Items);
        Assert.Null(_table.Page(new ListLimits(4), 10).Next);
    }

    [Fact]
    public void Sizes_that_nobody_has_told_of_are_found_by_the_rows()
    {
        Size("same", 1);
        Size("other", 1);
        Size("gone", 1);
        Size(Node, 3);
        _table.Book("without");
        Size("deleted", 2);
        Size("over", 1);
        _table.Book("over").Ending = true;
        Assert.True(_table.IsOver("over"));
        _table.Book("ended").Ending = true;

        var unlike = _table.SizesUnlike(
        [
            new LimitRow("same", 1), new LimitRow("other", 4), new LimitRow("new", 2), new LimitRow("deleted", 2, Ending: true),
            new LimitRow("over", 1, Ending: true),
        ]);

        Assert.Equal(
            [
                new LimitSizeChanged("deleted", 2, Ending: true), new LimitSizeChanged("ended", null), new LimitSizeChanged("gone", null),
                new LimitSizeChanged("new", 2), new LimitSizeChanged("other", 4),
            ],
            unlike.OrderBy(change => change.Limit, StringComparer.Ordinal));
    }

    [Fact]
    public void A_full_limit_names_itself_and_grants_nothing()
    {
        Size("db", 1);
        Assert.NotNull(_table.Acquire(Run(1, 0, "db")).Grant?.Slots);

        var (grant, full) = _table.Acquire(Run(2, 0, "db"));

        Assert.Null(grant);
        Assert.Equal("db", full);
        Assert.Single(_table.Book("db").Held);
    }

    [Fact]
    public void A_limit_without_a_size_bounds_each_run_by_the_size_that_it_was_made_under()
    {
        var first = _table.Acquire(Run(1, 0, "own") with { Own = 1 }).Grant!.Slots;

        Assert.Equal("own", _table.Acquire(Run(2, 0, "own") with { Own = 1 }).Full);
        Assert.NotNull(_table.Acquire(Run(3, 0, "own") with { Own = 2 }).Grant?.Slots);
        Assert.NotNull(_table.Acquire(Run(4, 0, "other") with { Own = 1 }).Grant?.Slots);
        Park("own", Run(2, 0, "own") with { Own = 1 });
        Dispatch("own");
        Assert.Empty(_granted);
        _table.Free(Id(1), first);
        Dispatch("own");
        Assert.Empty(_granted);

        Size("own", 2);
        Dispatch("own");
        Assert.Equal([Id(2)], _granted);
    }

    [Fact]
    public void A_run_that_does_not_queue_holds_its_place_while_it_waits_for_another_limit()
    {
        Size("deployment:d", 1);
        Size("db", 1);
        var other = _table.Acquire(Run(1, 0, "db")).Grant!.Slots;
        _table.Confirm(Id(1), other);
        var first = New(2);

        var place = _table.Acquire(first);

        Assert.Equal([new Slot("deployment:d", 0)], place.Grant!.Slots.ToArray());
        Assert.Equal("db", place.Full);
        Assert.Equal((null, "deployment:d"), _table.Acquire(New(3)));
        _table.Confirm(Id(2), place.Grant!.Slots);
        Park("db", first);
        // Who asks twice is not held up by its own place, and a table that is built of the rows knows it.
        Assert.Equal((null, "db"), _table.Acquire(first));
        Assert.Equal((null, "deployment:d"), _table.Acquire(New(3)));
        _table.Free(Id(1), other);
        Dispatch("db");

        Assert.Equal([new Slot("deployment:d", 0), new("db", 0), new(Node, 0)], _table.Granted[Id(2)].Slots.ToArray());
        Assert.Null(_table.Granted[Id(2)].WaitFor);
        Assert.Empty(_sent);
        _table.Free(Id(2), _table.Granted[Id(2)].Slots);
        Assert.NotNull(_table.Acquire(New(3)).Grant?.Slots);

        static WaitingRun New(int number) => Run(number, number, "deployment:d", "db") with { Own = 1, OnFull = OnFull.CancelNew };
    }

    [Fact]
    public void A_grant_that_was_asked_for_otherwise_is_not_given_to_who_asks_by_the_same_name()
    {
        Size("db", 1);
        Size("gpu", 1);
        Assert.Equal("db", _table.Acquire(Run(1, 0, "db")).Grant!.Slots[0].Limit);

        // The first submission with a key came to nothing; the second is of a deployment that was changed meanwhile.
        Assert.Equal("gpu", _table.Acquire(Run(1, 0, "gpu")).Grant!.Slots[0].Limit);
        Assert.NotNull(_table.Acquire(Run(2, 0, "db")).Grant);
        Assert.Equal("gpu", _table.Acquire(Run(1, 0, "gpu")).Grant!.Slots[0].Limit);
    }

    [Fact]
    public void Who_has_given_its_place_back_unheard_has_it_once_more_and_waits_with_it()
    {
        Size("deployment:d", 2);
        Size("db", 1);
        var run = Run(1, 1, "deployment:d", "db") with { Own = 2, OnFull = OnFull.CancelNew };
        _table.Confirm(run.Run, _table.Acquire(run).Grant!.Slots);
        Size("db", 0);

        // Its next attempt asks, and has nothing in its hand.
        var (grant, full) = _table.Acquire(run);

        Assert.Equal("db", full);
        Assert.Equal([new Slot("deployment:d", 0)], grant!.Slots.ToArray());
        Assert.Equal("db", grant.WaitFor);
    }

    [Fact]
    public void A_deleted_limit_is_over_once_nobody_holds_it_or_waits_and_needs_it()
    {
        Size("db", 1);
        Size("gpu", 1);
        var holder = _table.Acquire(Run(1, 0, "db")).Grant!.Slots;
        var other = _table.Acquire(Run(2, 0, "gpu")).Grant!.Slots;
        Park("gpu", Run(3, 1, "gpu", "db"));

        _table.Book("db").Ending = true;
        Assert.False(_table.IsOver("db"));
        _table.Free(Id(1), holder);
        Assert.False(_table.IsOver("db"));
        Assert.False(_table.IsOver("gpu"));
        _table.Unpark(Id(3));
        Assert.True(_table.IsOver("db"));
        Assert.Null(_table.Book("db").Size);
        Assert.True(_table.IsOver("db"));
        Assert.Equal("db", Assert.Single(_table.Ending()));
        _table.Free(Id(2), other);
    }

    [Fact]
    public void A_deleted_limit_is_not_over_while_a_run_is_on_its_way_to_wait_and_needs_it()
    {
        Size("db", 1);
        Size("gpu", 1);
        var db = _table.Acquire(Run(1, 0, "db")).Grant!.Slots;
        var gpu = _table.Acquire(Run(2, 0, "gpu")).Grant!.Slots;
        Park("db", Run(3, 1, "db", "gpu"));
        _table.Free(Id(1), db);
        Dispatch("db");
        Assert.Equal((Id(3), "gpu"), Assert.Single(_sent));

        _table.Book("db").Ending = true;
        Assert.False(_table.IsOver("db"));
        Park("gpu", Run(3, 1, "db", "gpu"));
        Assert.False(_table.IsOver("db"));
        _table.Unpark(Id(3));
        Assert.True(_table.IsOver("db"));

        // Nor while one that came was told to wait.
        Assert.Equal("gpu", _table.Acquire(Run(4, 2, "gpu")).Full);
        _table.Book("gpu").Ending = true;
        _table.Free(Id(2), gpu);
        Assert.False(_table.IsOver("gpu"));
        _table.Unpark(Id(4));
        Assert.True(_table.IsOver("gpu"));
    }

    [Fact]
    public void Only_runs_of_its_own_deployment_give_way_to_the_newest()
    {
        const string Deployment = "deployment:flow/d";
        Size("db", 1);
        Size(Node, 1);
        _table.Acquire(Run(1, 0, "db"));
        Park("db", Run(2, 1, "db"), Run(3, 2, Deployment, "db") with { Own = 1, OnFull = OnFull.CancelRunning });
        Park(Node, Run(4, 1), Run(5, 2, Deployment) with { Own = 1, OnFull = OnFull.CancelRunning });
        Assert.Empty(_table.WhoGivesWay("db").Give);
        Assert.Empty(_table.WhoGivesWay(Node).Give);

        Size(Deployment, 0);
        Park(
            Deployment, Run(6, 3, Deployment) with { Own = 1, OnFull = OnFull.CancelRunning },
            Run(7, 4, Deployment) with { Own = 1, OnFull = OnFull.CancelRunning });
        Assert.Equal((Id(7), Id(6)), (_table.WhoGivesWay(Deployment).Newest, Assert.Single(_table.WhoGivesWay(Deployment).Give)));
    }

    [Fact]
    public void Several_limits_are_taken_all_or_none()
    {
        Size("db", 1);
        Size("gpu", 0);

        Assert.Equal("gpu", _table.Acquire(Run(1, 0, "db", "gpu")).Full);
        Assert.Empty(_table.Book("db").Held);

        Size("gpu", 1);
        var slots = _table.Acquire(Run(1, 0, "db", "gpu")).Grant?.Slots;
        Assert.Equal(new[] { new Slot("db", 0), new Slot("gpu", 0), new Slot(Node, 0) }, slots!.Value);
    }

    [Fact]
    public void A_newcomer_does_not_overtake_those_who_wait()
    {
        Size("db", 1);
        var holder = _table.Acquire(Run(1, 0, "db")).Grant!.Slots;
        Park("db", Run(2, 5, "db"));
        _table.Confirm(Id(1), holder);
        _table.Free(Id(1), holder);

        Assert.Equal("db", _table.Acquire(Run(3, 9, "db")).Full);
        Dispatch("db");
        Assert.Equal([Id(2)], _granted);
    }

    [Fact]
    public void A_grant_that_is_asked_for_again_is_the_same_grant()
    {
        Size("db", 2);
        var first = _table.Acquire(Run(1, 0, "db")).Grant?.Slots;

        Assert.Equal(first, _table.Acquire(Run(1, 0, "db")).Grant?.Slots);
        Assert.Single(_table.Book("db").Held);
    }

    [Fact]
    public void Who_is_first_in_one_queue_and_finds_another_limit_full_is_sent_to_that_one_and_holds_up_nobody()
    {
        Size("db", 1);
        Size("gpu", 0);
        Park("db", Run(1, 0, "db", "gpu"), Run(2, 1, "db"));

        Dispatch("db");

        Assert.Equal([(Id(1), "gpu")], _sent);
        Assert.Equal([Id(2)], _granted);
    }

    [Fact]
    public void Lowering_a_limit_ends_nobody_and_grants_nobody_until_it_is_kept_again()
    {
        Size("db", 2);
        var first = _table.Acquire(Run(1, 0, "db")).Grant!.Slots;
        var second = _table.Acquire(Run(2, 0, "db")).Grant!.Slots;
        Size("db", 1);
        Park("db", Run(3, 0, "db"));

        _table.Free(Id(1), first);
        Dispatch("db");
        Assert.Empty(_granted);

        _table.Free(Id(2), second);
        Dispatch("db");
        Assert.Equal([Id(3)], _granted);
    }

    [Fact]
    public void A_limit_without_a_size_counts_and_does_not_bound()
    {
        for (var i = 1; i <= 5; i++)
        {
            Assert.NotNull(_table.Acquire(Run(i, 0, "db")).Grant?.Slots);
        }

        Assert.Equal(5, _table.Book("db").Held.Count);
    }

    [Fact]
    public void Beyond_what_memory_keeps_waiters_are_left_to_the_store_and_none_is_forgotten()
    {
        Size("db", 0);
        var all = Enumerable.Range(1, LimitBook.Window + 10).Select(i => Run(i, i, "db")).ToArray();
        Park("db", all);
        Assert.True(_table.Book("db").MoreInStore);

        Size("db", null);
        Assert.NotEmpty(_table.Dispatch("db", (run, _) => _granted.Add(run), (_, _) => { }));

        Assert.Equal(all.Take(LimitBook.Window).Select(r => r.Run), _granted);
    }

    [Fact]
    public void A_queue_that_goes_on_in_the_store_is_read_on_before_memory_runs_out_of_it()
    {
        Size("db", 0);
        Park("db", [.. Enumerable.Range(1, LimitBook.Window + 10).Select(i => Run(i, i, "db"))]);

        Size("db", LimitBook.Window - LimitBook.ReadOnBelow);
        Assert.Empty(_table.Dispatch("db", (run, _) => _granted.Add(run), (_, _) => { }));
        // Nobody is served: there is nothing to read for.
        Assert.Empty(_table.Dispatch("db", (run, _) => _granted.Add(run), (_, _) => { }));

        Size("db", LimitBook.Window - LimitBook.ReadOnBelow + 1);
        Assert.NotEmpty(_table.Dispatch("db", (run, _) => _granted.Add(run), (_, _) => { }));
    }

    [Fact]
    public void Who_was_served_while_a_page_was_read_is_not_taken_from_the_page_again()
    {
        Size("db", 0);
        Park("db", Run(1, 1, "db"), Run(2, 2, "db"), Run(3, 3, "db"));
        var book = _table.Book("db");
        book.BeginReading();

        Size("db", 1);
        Dispatch("db");
        _table.Unpark(Id(2));
        book.EndReading();

        Assert.Equal([true, true, false], [book.HasLeft(Id(1)), book.HasLeft(Id(2)), book.HasLeft(Id(3))]);
        book.BeginReading();
        Assert.False(book.HasLeft(Id(1)));
    }

    /// <summary>Any order of asking, taking, declining, giving back, resizing and leaving.</summary>
    [Fact]
    public void Whatever_happens_no_limit_is_overrun_and_no_waiter_forgotten()
    {
        var operations = Gen.Choose(0, 6).SelectMany(kind => Gen.Choose(1, 8).SelectMany(run => Gen.Choose(0, 3).Select(n => (kind, run, n))));
        Prop.ForAll(operations.ListOf().ToArbitrary(), steps =>
        {
            var model = new Model();
            foreach (var (kind, run, n) in steps)
            {
                model.Step(kind, run, n);
            }

            model.EverybodyLeaves();
        }).QuickCheckThrowOnFailure();
    }

    private static Guid Id(int n) => new(n, 0, 0, new byte[8]);

    private static WaitingRun Run(int n, int ready, params ImmutableArray<string> limits) => new(Id(n), limits, 0, Start.AddSeconds(ready));

    private void Size(string limit, int? size) => _table.Book(limit).Size = size;

    private void Park(string limit, params WaitingRun[] runs) => Array.ForEach(runs, r => _table.Park(r, limit));

    private void Dispatch(string limit) => _table.Dispatch(limit, (run, _) => _granted.Add(run), (run, full) => _sent.Add((run.Run, full)));

    /// <summary>The runs around a table, which do what they are told.</summary>
    private sealed class Model
    {
        private static readonly string[] Limits = ["a", "b"];

        private readonly SlotTable _table = new(Places);
        private readonly Dictionary<int, ImmutableArray<Slot>> _holding = [];
        private readonly HashSet<int> _waiting = [];

        public Model()
        {
            _table.Book("a").Size = 2;
            _table.Book("b").Size = 1;
        }

        public void Step(int kind, int run, int n)
        {
            switch (kind)
            {
                case 0 or 1 when !_holding.ContainsKey(run) && !_waiting.Contains(run):
                    Ask(run);
                    break;
                case 2 or 3 when _holding.Remove(run, out var slots):
                    _table.Confirm(Id(run), slots);
                    Free(run, slots);
                    break;
                case 4 when _holding.Remove(run, out var declined):
                    Free(run, declined);
                    break;
                case 5:
                    _table.Book(Limits[n % 2]).Size = n == 3 ? null : n + 1;
                    Serve(Limits[n % 2]);
                    break;
                case 6 when _waiting.Remove(run):
                    _table.Unpark(Id(run));
                    break;
                default:
                    break;
            }
        }

        public void EverybodyLeaves()
        {
            while (_holding.Count > 0)
            {
                var (run, slots) = _holding.First();
                _holding.Remove(run);
                Free(run, slots);
            }

            Assert.Empty(_waiting);
        }

        private static WaitingRun Waiting(int run) => Run(run, run, (run % 3) switch { 0 => ["a"], 1 => ["b"], _ => ["a", "b"] });

        private void Ask(int run)
        {
            var (grant, full) = _table.Acquire(Waiting(run));
            if (grant is not null)
            {
                Hold(run, grant.Slots);
            }
            else
            {
                _waiting.Add(run);
                _table.Park(Waiting(run), full!);
                Serve(full!);
            }
        }

        private void Hold(int run, ImmutableArray<Slot> slots)
        {
            _waiting.Remove(run);
            _holding.Add(run, slots);
            foreach (var slot in slots)
            {
                var book = _table.Book(slot.Limit);
                Assert.True(book.Size is not { } size || book.Held.Count <= size, $"{slot.Limit} has {book.Held.Count} of {book.Size}");
            }

            Assert.Equal(
                _holding.Values.Sum(s => s.Length), _holding.Values.SelectMany(s => s).Distinct().Count());
        }

        private void Free(int run, ImmutableArray<Slot> slots)
        {
            _table.Free(Id(run), slots);
            foreach (var slot in slots)
            {
                Serve(slot.Limit);
            }
        }

        private void Serve(string limit)
        {
            var sent = new Queue<(int Run, string Full)>();
            _table.Dispatch(limit, (run, grant) => Hold(Number(run), grant.Slots), (run, full) => sent.Enqueue((Number(run.Run), full)));
            while (sent.TryDequeue(out var next))
            {
                _table.Park(Waiting(next.Run), next.Full);
                Serve(next.Full);
            }
        }

        private static int Number(Guid run) => BitConverter.ToInt32(run.ToByteArray());
    }
}
