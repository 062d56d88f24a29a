namespace Runner.Client;

/// <summary>
/// Waits between tries for a node that does not answer, and has it said once when that takes long, and once when it is over. Not thread-safe.
/// </summary>
internal sealed class Patience(ApiConnection api)
{
    /// <summary>A node that restarts is often back sooner, and then nobody needs to know.</summary>
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(2);

    private long? _since;
    private bool _said;

    /// <param name="most">How long it is tried in all, for the sentence.</param>
    public async Task WaitAsync(TimeSpan pause, TimeSpan most, CancellationToken cancel)
    {
        _since ??= api.Time.GetTimestamp();
        var untilSaid = Silent - api.Time.GetElapsedTime(_since.Value);
        if (_said || untilSaid > pause || most <= Silent)
        {
            await api.WaitAsync(pause, cancel).ConfigureAwait(false);
            return;
        }

        var first = untilSaid > TimeSpan.Zero ? untilSaid : TimeSpan.Zero;
        await api.WaitAsync(first, cancel).ConfigureAwait(false);
        _said = true;
        api.Options.OnWaiting?.Invoke(
            api.Urls.Skip(1).Any()
                ? $"None of the nodes at {Urls.Plain(api.Urls)} answers. They are tried again for {Messages.DurationText.Format(most)} at most."
                : $"The node at {Urls.Plain(api.Url)} does not answer. It is tried again for {Messages.DurationText.Format(most)} at most.");
        await api.WaitAsync(pause - first > TimeSpan.Zero ? pause - first : TimeSpan.Zero, cancel).ConfigureAwait(false);
    }

    /// <summary>It has answered.</summary>
    public void Answered()
    {
        if (_said)
        {
            api.Options.OnWaiting?.Invoke($"The node at {Urls.Plain(api.Url)} answers{(api.Urls.Skip(1).Any() ? "" : " again")}.");
        }

        (_since, _said) = (null, false);
    }
}
