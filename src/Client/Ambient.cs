namespace Runner.Client;

/// <summary>
/// The clock and the ids of a client outside the simulator: this library runs in its user's program, where real ones are what is wanted.
/// </summary>
internal static class Ambient
{
#pragma warning disable RS0030 // the defaults of a library that runs in other people's programs; tests give their own through RunnerClientOptions
    public static TimeProvider Time => TimeProvider.System;

    public static string NewKey() => Guid.NewGuid().ToString("N");
#pragma warning restore RS0030
}
