using Microsoft.Extensions.Time.Testing;

namespace Runner.Tests.Kit;

/// <summary>Time that passes when a test says so; its wall clock can be set without time passing.</summary>
internal sealed class VirtualTime() : FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero))
{
    private TimeSpan _step;

    public void StepWallClock(TimeSpan by) => _step += by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _step;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;
}
