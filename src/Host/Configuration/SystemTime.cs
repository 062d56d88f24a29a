namespace Runner.Host.Configuration;

/// <summary>Where the machine's clock comes into the host; everything else is given a <see cref="TimeProvider"/>.</summary>
internal static class SystemTime
{
#pragma warning disable RS0030 // The composition root hands the real clock out from here; tests hand out another.
    public static TimeProvider Provider => TimeProvider.System;
#pragma warning restore RS0030
}
