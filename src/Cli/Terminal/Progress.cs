namespace Runner.Cli.Terminal;

/// <summary>
/// How far something long has come, on standard error. At a terminal a line that is written over; elsewhere a line now and then, so that whoever
/// reads it later sees that it went on.
/// </summary>
/// <param name="silent">Nobody reads it: the answer is for a program.</param>
public sealed class Progress(CliContext context, bool silent)
{
    private static readonly TimeSpan AtTerminal = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(30);

    private long _last = context.Time.GetTimestamp();
    private bool _shown;

    /// <summary>Shows it if the last time is long enough ago: what is done before anybody wonders is not commented on.</summary>
    public void Show(Func<string> text)
    {
        if (!silent && context.Time.GetElapsedTime(_last) >= (context.ErrorIsTerminal ? AtTerminal : Elsewhere))
        {
            _last = context.Time.GetTimestamp();
            if (context.ErrorIsTerminal)
            {
                _shown = true;
                context.WriteOver(text());
            }
            else
            {
                context.WriteErrorLine(text());
            }
        }
    }

    /// <summary>Takes the line away.</summary>
    public void End()
    {
        if (_shown)
        {
            _shown = false;
            context.WriteOver("");
        }
    }
}
