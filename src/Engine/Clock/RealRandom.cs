namespace Runner.Engine.Clock;

#pragma warning disable RS0030, CA5394 // This class is where ambient randomness comes in; nothing here is a secret.
internal sealed class RealRandom : IRandom
{
    public int Next(int maxExclusive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxExclusive, 1);
        return Random.Shared.Next(maxExclusive);
    }

    public double NextDouble() => Random.Shared.NextDouble();

    public Guid NewGuid(DateTimeOffset now) => Guid.CreateVersion7(now);
}
