using System.Globalization;
using Runner.Actors;
using Serilog.Events;
using Serilog.Expressions;
using Serilog.Formatting;
using Serilog.Templates;

namespace Runner.Host.Logging;

/// <summary>
/// One JSON object a line: <c>time</c> (RFC 3339, UTC), <c>level</c>, <c>message</c>, <c>template</c>; about a run also <c>run</c>, <c>trace_id</c>,
/// <c>attempt</c> and <c>deployment</c>; <c>properties</c> with everything else that was said, and <c>exception</c> if there was one.
/// </summary>
internal static class JsonLines
{
    private const string Line = "time: ToString(UtcDateTime(@t), 'o'), level: ToString(@l, 'w'), message: Sentence(), template: @mt";

    // A field that is undefined is left out.
    private const string Run =
        $"run: {RunLogContext.RunProperty}, trace_id: {RunLogContext.TraceProperty}, attempt: {RunLogContext.AttemptProperty}, deployment: "
        + $"{RunLogContext.DeploymentProperty}";

    private const string OfRun =
        $"{RunLogContext.RunProperty}: undefined(), {RunLogContext.TraceProperty}: undefined(), {RunLogContext.AttemptProperty}: undefined(), "
        + $"{RunLogContext.DeploymentProperty}: undefined(), {RunSuffix.Property}: undefined()";

    private const string Template =
        $"{{#if {RunLogContext.RunProperty} is not null}}{{ {{{Line}, {Run}, properties: {{..@p, {OfRun}}}, exception: ToString(@x)}} }}"
        + $"{{#else}}{{ {{{Line}, properties: @p, exception: ToString(@x)}} }}{{#end}}\n";

    public static ITextFormatter Create() =>
        new ExpressionTemplate(Template, CultureInfo.InvariantCulture, new StaticMemberNameResolver(typeof(JsonLines)));

    /// <summary>The message with its texts in quotes, as Serilog itself writes it; a template's own @m leaves them out.</summary>
    public static LogEventPropertyValue Sentence(LogEvent logEvent) => new ScalarValue(logEvent.RenderMessage(CultureInfo.InvariantCulture));
}
