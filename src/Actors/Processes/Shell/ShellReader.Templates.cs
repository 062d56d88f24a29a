using System.Globalization;

namespace Runner.Actors.Processes.Shell;

/// <content>Templates, where they are taken and where they are refused.</content>
internal sealed partial class ShellReader
{
    /// <summary>Takes down that a template stands in a simple command.</summary>
    private static void Within(Frame frame, Found? template)
    {
        if (template is not null)
        {
            frame.Used ??= template;
            frame.Ever ??= template;
        }
    }

    /// <summary>Two braces: a template where one may stand, and elsewhere one if it is meant to be.</summary>
    /// <returns>Whether it was taken.</returns>
    // In one piece: one line for each place where a template cannot stand, and the first that fits is told.
    private bool Template(Frame frame)
    {
        if (TemplateAt(_at) is not { } template)
        {
            return false;
        }

        var why = frame switch
        {
            { Place: ShellPlace.Backquotes } => "stands within backquotes; write $(…) instead of them",
            { NoTemplates: { } within } => within,
            { Place: ShellPlace.Arithmetic } => InArithmetic,
            { Place: ShellPlace.Braces } => InBraces,
            { Place: ShellPlace.Command } when frame.InWord && ShellWords.IsInIndex(frame.Written) => ShellWords.Index,
            _ => frame.Reads ?? (frame.InWord ? ShellWords.Reads(frame.Written, frame.Before) : null),
        };
        if (why is not null)
        {
            if (!template.IsMeant)
            {
                return false;
            }

            Refuse(template, why);
            return true;
        }

        if (!_numbers.TryGetValue(template.Name, out var number))
        {
            Names.Add(template.Name);
            _numbers.Add(template.Name, number = Names.Count);
        }

        _templates.Append(_text, template.Start, template.End - template.Start);
        var reference = ShellText.Reference(number);
        _script.Append(frame.Place == ShellPlace.Command ? $"\"{reference}\"" : reference);
        _at = template.End;
        Within(frame, template);
        frame.Word();
        return true;
    }

    private Found? TemplateAt(int start)
    {
        if (start + 1 >= _end || _text[start] != '{' || _text[start + 1] != '{')
        {
            return null;
        }

        var close = _text.IndexOf("}}", start, Math.Min(LongestTemplate, _end - start), StringComparison.Ordinal);
        var end = close < 0 ? LineEnd(start) : close + 2;
        return new Found(start, end, close < 0 ? "" : _text[(start + 2)..close].Trim());
    }

    private void Refuse(Found template, string why)
    {
        Problem(template.Start, $"'{Shown(template)}' {why}");
        _at = template.End;
    }

    private string Shown(Found template) => _text[template.Start..Math.Min(template.End, template.Start + 100)];

    private void Problem(int at, string problem)
    {
        if (Problems.Count == MostProblems)
        {
            return;
        }

        var line = _text.AsSpan(0, at).Count('\n') + 1;
        Problems.Add(_text.AsSpan().TrimEnd('\n').Contains('\n') ? string.Create(CultureInfo.InvariantCulture, $"line {line}: {problem}") : problem);
    }

    private readonly record struct Found(int Start, int End, string Name)
    {
        /// <summary>Whether somebody wrote it as one: other programs have braces, too.</summary>
        public bool IsMeant => TemplateValues.IsName(Name) || Name.StartsWith("param", StringComparison.Ordinal)
            || Name.StartsWith("run.", StringComparison.Ordinal)
            || Name.StartsWith("deployment.", StringComparison.Ordinal);
    }
}
