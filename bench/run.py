"""`dev.py bench`: our samplers beside ComfyUI's own, in one run. Ratios count, not seconds."""

from prepare import prepare

if __name__ == "__main__":
    prepare(cpu=True)
    import batch
    import compare
    import import_time
    import live_drawing
    import lora_strength
    import negative
    import operations
    import page_load
    import recognition
    import step_time
    import template_levels
    import tests_time

    samplers = (template_levels, operations, step_time, recognition)
    samplers += (lora_strength, negative, compare)
    for part in (*samplers, import_time, live_drawing, page_load, batch, tests_time):
        part.report()
