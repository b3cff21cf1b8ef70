//! A plot as SVG: on white, so that it is legible on a dark page too.

use anyhow::{Result, bail};
use plotters::prelude::*;

use super::axis::Axis;
use crate::figure::{Form, Plot};

const SIZE: (u32, u32) = (760, 400);

/// Okabe and Ito's palette, which people see apart who do not see all colours.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// The corners of a shape for each curve, in pixels, for those who do not see its colour.
const SHAPES: [&[(i32, i32)]; 4] = [
    &[
        (-4, -2),
        (-2, -4),
        (2, -4),
        (4, -2),
        (4, 2),
        (2, 4),
        (-2, 4),
        (-4, 2),
    ],
    &[(0, -5), (5, 4), (-5, 4)],
    &[(-4, -4), (4, -4), (4, 4), (-4, 4)],
    &[(0, -5), (5, 0), (0, 5), (-5, 0)],
];

/// More points than this make a line; so many can be told apart.
const MARKED: usize = 40;

/// Draws a plot.
pub(crate) fn svg(plot: &Plot) -> Result<String> {
    let points = || plot.curves.iter().flat_map(|curve| &curve.points);
    let values: (Vec<f64>, Vec<f64>) = points().copied().unzip();
    if values.0.is_empty() || points().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
        bail!("there are no points, or some that are no numbers");
    }
    let x = Axis::horizontal(plot.form, &values.0);
    let y = Axis::vertical(&values.1);
    let mut svg = String::new();
    draw(plot, x, y, &mut svg)?;
    Ok(svg)
}

fn draw(plot: &Plot, x: Axis, y: Axis, svg: &mut String) -> Result<()> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(&plot.title, ("sans-serif", 17))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(76)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(221, 221, 221))
        .axis_style(RGBColor(85, 85, 85))
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 14))
        .x_desc(&plot.x)
        .y_desc(&plot.y)
        .draw()?;
    for (number, curve) in plot.curves.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let joined = match plot.form {
            Form::Points => &[],
            Form::Lines | Form::Percentiles => curve.points.as_slice(),
        };
        chart
            .draw_series(LineSeries::new(
                joined.iter().copied(),
                colour.stroke_width(2),
            ))?
            .label(&curve.label)
            .legend(move |(left, middle)| mark(number, (left + 8, middle), colour));
        if curve.points.len() <= MARKED {
            for point in &curve.points {
                area.draw(&mark(number, chart.backend_coord(point), colour))?;
            }
        }
    }
    chart
        .configure_series_labels()
        .position(match plot.form {
            Form::Percentiles => SeriesLabelPosition::UpperLeft,
            Form::Lines | Form::Points => SeriesLabelPosition::LowerRight,
        })
        .label_font(("sans-serif", 13))
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(170, 170, 170))
        .draw()?;
    area.present()?;
    Ok(())
}

fn mark(number: usize, (x, y): (i32, i32), colour: RGBColor) -> Polygon<(i32, i32)> {
    let corners = SHAPES[number % SHAPES.len()].iter();
    let corners: Vec<(i32, i32)> = corners.map(|(right, down)| (x + right, y + down)).collect();
    Polygon::new(corners, colour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Curve;

    fn plot(form: Form, points: Vec<(f64, f64)>) -> Plot {
        Plot {
            id: "plot".to_owned(),
            title: "A <title>".to_owned(),
            x: "across".to_owned(),
            y: "up".to_owned(),
            form,
            curves: vec![Curve {
                label: "a curve".to_owned(),
                points,
            }],
        }
    }

    #[test]
    fn title_axes_and_curves_are_text_on_white() {
        for form in [Form::Lines, Form::Points, Form::Percentiles] {
            let svg = svg(&plot(form, vec![(1.0, 2.0), (50.0, 3.0)])).unwrap();
            for text in ["A &lt;title&gt;", "across", "up", "a curve", "#FFFFFF"] {
                assert!(svg.contains(text), "{form:?} lacks {text}");
            }
        }
    }

    #[test]
    fn the_same_plot_is_drawn_the_same() {
        let plot = plot(Form::Lines, vec![(1.0, 2.0), (2.0, 3.0)]);
        assert_eq!(svg(&plot).unwrap(), svg(&plot).unwrap());
    }

    #[test]
    fn nothing_is_not_drawn() {
        assert!(svg(&plot(Form::Lines, Vec::new())).is_err());
        assert!(svg(&plot(Form::Percentiles, vec![(100.0, f64::NAN)])).is_err());
    }
}
