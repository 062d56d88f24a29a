namespace Runner.Host.Http;

/// <summary>How much the API takes at once.</summary>
/// <param name="Commands">Commands that make work and are under way.</param>
/// <param name="Followers">Open streams of states and output.</param>
/// <param name="Reserve">Connections beside those of followers, so that commands get through however many follow.</param>
internal sealed record ApiLoad(int Commands, int Followers, int Reserve)
{
    /// <summary>The reserve where descriptors are not scarce.</summary>
    public const int UsualReserve = 1_024;

    /// <summary>One more is closed as soon as it is made.</summary>
    public int Connections => Followers + Reserve;
}
