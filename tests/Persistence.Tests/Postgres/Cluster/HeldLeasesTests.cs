using Runner.Persistence.Postgres.Cluster;

namespace Runner.Persistence.Tests.Postgres.Cluster;

public sealed class HeldLeasesTests : IDisposable
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    private readonly SteppedTime _time = new();
    private readonly SemaphoreSlim _looks = new(0);
    private readonly LostSignal _lost = new();
    private readonly HeldLeases _held;

    /// <summary>While it is so, the thread that looks after the leases does not get to it.</summary>
    private volatile bool _keepsThread;

    public HeldLeasesTests() => _held = new HeldLeases(
        _time, Length, Length / 4,
        () =>
        {
            if (_keepsThread)
            {
                _looks.Wait();
            }

            return false;
        },
        static () => { }, lease => new TimeoutException(lease.Name), static (lease, reason) => lease.Lost(reason));

    public void Dispose()
    {
        _keepsThread = false;
        _looks.Release(100);
        _held.Dispose();
        _looks.Dispose();
    }

    [Fact]
    public async Task Where_the_process_stood_still_they_are_not_in_time_before_anybody_is_told_nor_for_the_time_of_one_after()
    {
        Assert.True(_held.AreInTime);
        Assert.True(_held.Add(new HeldLease("shard-7", "one", _lost.Lose), _time.GetTimestamp()));
        Assert.True(_held.AreInTime);

        _keepsThread = true;
        _time.Step(Length);
        Assert.False(_held.AreInTime);
        Assert.False(_lost.IsLost);

        _keepsThread = false;
        _looks.Release(100);
        Assert.IsType<TimeoutException>(await _lost.Task);
        Assert.False(_held.AreInTime);
        _time.Step(Length / 2);
        Assert.False(_held.AreInTime);
        _time.Step(Length);
        Assert.True(_held.AreInTime);
    }
}
