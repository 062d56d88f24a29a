using System.Buffers.Binary;

namespace Runner.Actors.Deployments;

/// <summary>How long after it is due a run of a schedule with jitter starts.</summary>
internal static class StartJitter
{
    private const ulong HashBits = 0x3FFF_FFFF_FFFF_FFFF;

    /// <summary>
    /// From 0 to less than <paramref name="jitter"/>: the last 62 bits of the run's id, in ticks, modulo the jitter's. They are bits of the SHA-256
    /// that an occurrence's id is made of (<see cref="RunIds.ForOccurrence"/>), so the delays of a schedule's runs are spread evenly and those of
    /// one occurrence are the same in every version of the program.
    /// </summary>
    public static TimeSpan Of(Guid run, TimeSpan jitter)
    {
        Span<byte> id = stackalloc byte[16];
        run.TryWriteBytes(id, bigEndian: true, out _);
        var hash = BinaryPrimitives.ReadUInt64BigEndian(id[8..]) & HashBits;
        return jitter <= TimeSpan.Zero ? TimeSpan.Zero : new TimeSpan((long)(hash % (ulong)jitter.Ticks));
    }
}
